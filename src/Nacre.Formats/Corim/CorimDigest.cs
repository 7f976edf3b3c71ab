using Nacre.Formats.Cbor;

namespace Nacre.Formats.Corim;

/// <summary>A digest with the number of its algorithm in IANA's registry of Named Information Hash Algorithms.</summary>
public sealed record CorimDigest(long Algorithm, byte[] Value)
{
    private const int MaxDigests = 256;
    private const int MaxSize = 64;

    internal static List<CorimDigest> ReadAll(ref CborReader reader, string field)
    {
        var digests = new List<CorimDigest>();
        for (var n = reader.Array(field, MaxDigests); n > 0; n--)
        {
            if (reader.Array(field, 2) != 2)
                throw reader.Malformed(field, "must be an algorithm and a value");

            var algorithm = reader.Integer(field);
            var value = reader.Bytes(field, MaxSize).ToArray();
            if (SizeOf(algorithm) is not { } size)
                throw reader.Malformed(field, $"is of algorithm {algorithm}, not one of 1 (SHA-256), 7 (SHA-384), 8 (SHA-512), 10 to 12 (SHA3)");
            if (value.Length != size)
                throw reader.Malformed(field, $"is {value.Length} bytes long, its algorithm has {size}");
            digests.Add(new(algorithm, value));
        }

        return digests.Count > 0 ? digests : throw reader.Malformed(field, "is empty");
    }

    private static int? SizeOf(long algorithm) => algorithm switch { 1 or 10 => 32, 7 or 11 => 48, 8 or 12 => 64, _ => null };
}
