namespace Nacre.Rego;

internal sealed class ValueComparer : IComparer<RegoValue>
{
    public static readonly ValueComparer Instance = new();

    public int Compare(RegoValue? x, RegoValue? y) => RegoValue.Compare(x!, y!);
}
