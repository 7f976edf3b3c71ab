using System.Security.Cryptography;
using Nacre.Formats.Json;

namespace Nacre.Images.Signatures.Sigstore;

/// <summary>That an entry is a leaf of a log's Merkle tree (RFC 6962, section 2.1.1), and the log's signed word for the root.</summary>
internal sealed record InclusionProof(long Index, long TreeSize, byte[] RootHash, IReadOnlyList<byte[]> Hashes, string Checkpoint)
{
    private const int MostHashes = 64;
    private const int MaxCheckpoint = 16 * 1024;

    public static InclusionProof Read(JsonFields proof)
    {
        var hashes = new List<byte[]>();
        if (proof.Find("hashes") is { } list)
        {
            if (list.ValueKind != System.Text.Json.JsonValueKind.Array || list.GetArrayLength() > MostHashes)
                throw proof.Malformed("hashes", $"must be a list of at most {MostHashes}");
            foreach (var item in list.EnumerateArray())
            {
                var hash = new byte[SHA256.HashSizeInBytes];
                if (item.ValueKind != System.Text.Json.JsonValueKind.String || !Convert.TryFromBase64String(item.GetString()!, hash, out var length) || length != hash.Length)
                    throw proof.Malformed("hashes", "must hold SHA-256 hashes in base64");
                hashes.Add(hash);
            }
        }

        return new(
            LogEntry.Number(proof, "logIndex"), LogEntry.Number(proof, "treeSize"), proof.Base64("rootHash", SHA256.HashSizeInBytes), hashes,
            proof.Object("checkpoint").Text("envelope", MaxCheckpoint));
    }

    /// <summary>Whether this leaf, at this place in a tree of this size, gives the root.</summary>
    public bool Proves(ReadOnlySpan<byte> leaf)
    {
        if (Index >= TreeSize)
            return false;

        var hash = Hash([0], leaf, []);
        var (node, last) = (Index, TreeSize - 1);
        foreach (var sibling in Hashes)
        {
            if (last == 0)
                return false;

            if ((node & 1) == 1 || node == last)
            {
                hash = Hash([1], sibling, hash);

                // A lone last node moves up until it has a sibling on its left.
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = Hash([1], hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(RootHash);
    }

    private static byte[] Hash(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => SHA256.HashData([.. prefix, .. left, .. right]);
}
