using System.Globalization;

namespace Nacre.Benchmarks.Kbs;

/// <summary>What <c>nacre bench kbs</c> measures, and how much of it.</summary>
internal sealed record KbsOptions(TimeSpan Length, int Abandoned, int Entries, string? Only)
{
    public static readonly string[] Parts = ["handshake", "auth", "abandoned", "lookups", "restart", "snp"];

    public static KbsOptions Parse(string[] args)
    {
        var only = Value(args, "--only");
        return only is null || Parts.Contains(only)
            ? new(TimeSpan.FromSeconds(Number(args, "--seconds", 10)), Number(args, "--abandoned", 1_000_000), Number(args, "--entries", 100_000), only)
            : throw new FormatException($"--only is one of {string.Join(", ", Parts)}, not '{only}'");
    }

    /// <summary>Whether any of these parts is measured.</summary>
    public bool Wants(params ReadOnlySpan<string> parts) => Only is null || parts.Contains(Only);

    private static string? Value(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? null : at + 1 < args.Length ? args[at + 1] : throw new FormatException($"{name} needs a value");
    }

    private static int Number(string[] args, string name, int otherwise) =>
        Value(args, name) is { } text ? int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : otherwise;
}
