using Nacre.Formats;

namespace Nacre.Evidence.Snp;

/// <summary>
/// The table of certificates that a host adds to an extended report (GHCB specification, SNP_GUEST_REQUEST): entries of GUID, offset and
/// length, closed by a zero entry, then the certificates.
/// </summary>
public static class SnpCertificateTable
{
    public const int MaxSize = 128 * 1024;

    private const string Structure = "snp.certificate_table";
    private const int EntrySize = 24;
    private const int MaxEntries = 16;

    private static readonly Dictionary<Guid, string> s_types = new()
    {
        [new("c0b406a4-a803-4952-9743-3fb6014cd0ae")] = "ARK",
        [new("4ab7b379-bbac-4fe4-a02f-05aef327c782")] = "ASK",
        [new("63da758d-e664-4564-adc5-f4b93be8accd")] = "VCEK",
        [new("a8074bc2-a25a-483e-aae6-39c045a0b8a1")] = "VLEK",
        [new("92f81bc3-5811-4d3d-97ff-d19f88dc67ea")] = "CRL",
    };

    /// <exception cref="MalformedDataException">An entry points outside the table, or the end is missing.</exception>
    public static IReadOnlyList<SnpCertificate> Parse(ReadOnlySpan<byte> table)
    {
        if (table.Length > MaxSize)
            throw new MalformedDataException(Structure, "(table)", 0, $"is {table.Length} bytes long, at most {MaxSize} are allowed");

        var certificates = new List<SnpCertificate>();
        var reader = new StructReader(Structure, table);
        for (var i = 0; i <= MaxEntries; i++)
        {
            var guid = new Guid(reader.Bytes(16, $"entry[{i}].guid"), bigEndian: true);
            var offset = reader.UInt32LE($"entry[{i}].offset");
            var length = reader.UInt32LE($"entry[{i}].length");
            if (guid == Guid.Empty)
                return certificates;

            if (offset < EntrySize || (ulong)offset + length > (ulong)table.Length)
                throw reader.Malformed($"names {length} bytes at {offset}, the table has {table.Length}");

            certificates.Add(new(s_types.GetValueOrDefault(guid, "OTHER"), table.Slice((int)offset, (int)length).ToArray()));
        }

        throw reader.Malformed($"there are more than {MaxEntries} entries");
    }
}
