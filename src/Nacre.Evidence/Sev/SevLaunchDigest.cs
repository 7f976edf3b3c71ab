using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Evidence.Sev;

/// <summary>
/// The digest of what a SEV or SEV-ES guest was launched with (evidence.md 6.2): firmware, then the table with the hashes of kernel, initrd and
/// command line where they are measured, then for SEV-ES the initial state of each processor.
/// </summary>
public static class SevLaunchDigest
{
    private const int TableSize = 168;
    private const int PaddedTableSize = 176;
    private const int EntrySize = 50;

    private static readonly Guid s_table = new("9438d606-4f22-4cc9-b479-a793d411fd21");
    private static readonly Guid s_commandLine = new("97d02dd8-bd20-4c94-aa78-e7714d36ab2a");
    private static readonly Guid s_initrd = new("44baf731-3a2f-4bd7-9af1-41e29169781d");
    private static readonly Guid s_kernel = new("4de79437-abd2-427f-b835-d5b172d2045b");

    /// <param name="firmware">The whole firmware image.</param>
    /// <param name="hashTable">From <see cref="HashTable"/>; empty when kernel, initrd and command line are not measured.</param>
    /// <param name="processorStates">The initial VMSA pages, for SEV-ES; none for SEV.</param>
    public static byte[] Compute(ReadOnlySpan<byte> firmware, ReadOnlySpan<byte> hashTable, IEnumerable<byte[]> processorStates)
    {
        ArgumentNullException.ThrowIfNull(processorStates);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(firmware);
        hash.AppendData(hashTable);
        foreach (var state in processorStates)
            hash.AppendData(state);

        return hash.GetHashAndReset();
    }

    /// <summary>The table that QEMU puts into the guest for direct boot, with its padding.</summary>
    public static byte[] HashTable(ReadOnlySpan<byte> kernel, ReadOnlySpan<byte> initrd, string commandLine)
    {
        var table = new byte[PaddedTableSize];
        s_table.TryWriteBytes(table);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(16), TableSize);
        WriteEntry(table.AsSpan(18), s_commandLine, Encoding.UTF8.GetBytes(commandLine + '\0'));
        WriteEntry(table.AsSpan(18 + EntrySize), s_initrd, initrd);
        WriteEntry(table.AsSpan(18 + 2 * EntrySize), s_kernel, kernel);
        return table;
    }

    private static void WriteEntry(Span<byte> entry, Guid guid, ReadOnlySpan<byte> content)
    {
        guid.TryWriteBytes(entry);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[16..], EntrySize);
        SHA256.HashData(content, entry[18..]);
    }
}
