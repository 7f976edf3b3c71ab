using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>A log's signed note of its size and root (C2SP tlog-checkpoint and signed-note).</summary>
internal static class Checkpoint
{
    private const int MostSignatures = 16;

    /// <summary>Null when the note is of this tree and signed by this log; else why not.</summary>
    public static string? FindProblem(string note, long treeSize, ReadOnlySpan<byte> rootHash, SignatureKey log)
    {
        var end = note.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
            return "its checkpoint has no signatures";

        var lines = note[..end].Split('\n');
        if (lines.Length < 3 || lines[1] != treeSize.ToString(CultureInfo.InvariantCulture) || lines[2] != Convert.ToBase64String(rootHash))
            return "its checkpoint is of another tree";

        var signed = Encoding.UTF8.GetBytes(note[..(end + 1)]);
        return note[(end + 2)..].Split('\n', MostSignatures).Any(line => IsSignature(line, signed, log)) ? null : "its checkpoint is not signed by the log";
    }

    // "— NAME BASE64", where the first four bytes are the beginning of the SHA-256 of the key.
    private static bool IsSignature(string line, byte[] signed, SignatureKey log)
    {
        var parts = line.Split(' ');
        if (parts is not ["\u2014", _, var text])
            return false;

        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length > 4
            && bytes.AsSpan(0, 4).SequenceEqual(SHA256.HashData(log.SubjectPublicKeyInfo.Span).AsSpan(0, 4))
            && log.Verifies(signed, bytes.AsSpan(4, length - 4));
    }
}
