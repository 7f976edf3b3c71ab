namespace Nacre.Formats;

/// <summary>
/// Bytes from outside break a rule of their format. Programs read the properties, people read the message:
/// <c>tpm.attest.magic at 0x000: is 0x00000000, must be 0xff544347</c>.
/// </summary>
public sealed class MalformedDataException : Exception
{
    public MalformedDataException(string structure, string field, int offset, string rule)
        : this(structure, field, offset, rule, innerException: null)
    {
    }

    public MalformedDataException(string structure, string field, int offset, string rule, Exception? innerException)
        : base($"{structure}.{field} at 0x{offset:x3}: {rule}", innerException) =>
        (Structure, Field, Offset, Rule) = (structure, field, offset, rule);

    /// <summary>The structure that was read, such as <c>snp.report</c>.</summary>
    public string Structure { get; }

    /// <summary>The field that broke the rule.</summary>
    public string Field { get; }

    /// <summary>Byte offset of the field from the start of the structure.</summary>
    public int Offset { get; }

    public string Rule { get; }
}
