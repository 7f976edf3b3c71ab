using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>A log's signed note of its size and root (C2SP tlog-checkpoint and signed-note).</summary>
internal static class Checkpoint
{
    private const int MostSignatures = 16;
    private const byte Ed25519Kind = 1;

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

    // "— NAME BASE64", where the first four bytes begin the id of the key.
    private static bool IsSignature(string line, byte[] signed, SignatureKey log)
    {
        var parts = line.Split(' ');
        if (parts is not ["\u2014", var name, var text])
            return false;

        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length > 4
            && bytes.AsSpan(0, 4).SequenceEqual(KeyId(name, log).AsSpan(0, 4))
            && log.Verifies(signed, bytes.AsSpan(4, length - 4));
    }

    // Rekor takes the hash of the key alone for its ECDSA keys; for Ed25519 the format has a rule of its own.
    private static byte[] KeyId(string name, SignatureKey log) => SHA256.HashData(
        log.Ed25519Key.Length > 0 ? [.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Kind, .. log.Ed25519Key.Span] : log.SubjectPublicKeyInfo.Span);
}
