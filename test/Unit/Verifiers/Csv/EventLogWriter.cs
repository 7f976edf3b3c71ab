using System.Buffers.Binary;
using Nacre.Formats.Sm;

namespace Nacre.UnitTests.Verifiers.Csv;

/// <summary>An event log of SM3 (TCG, crypto-agile) and the registers that its events lead to.</summary>
internal sealed class EventLogWriter
{
    private const uint Tag = 6;

    private readonly List<byte[]> _records = [Header()];

    /// <summary>RTMR0 to 4.</summary>
    public byte[][] Registers { get; } = [.. Enumerable.Range(0, 5).Select(_ => new byte[32])];

    /// <summary>Measures <paramref name="data"/>, and writes it down.</summary>
    public EventLogWriter Measure(int register, byte[] data)
    {
        var digest = Sm3.HashData(data);
        Registers[register] = Sm3.HashData([.. Registers[register], .. digest]);
        return Write(register, digest, data);
    }

    /// <summary>Writes down what was not measured.</summary>
    public EventLogWriter Write(int register, byte[] digest, byte[] data)
    {
        _records.Add([.. U32((uint)register), .. U32(Tag), .. U32(1), 0x12, 0, .. digest, .. U32((uint)data.Length), .. data]);
        return this;
    }

    public byte[] ToBytes() => [.. _records.SelectMany(record => record)];

    /// <summary>The log without one of its events, counted from 0.</summary>
    public byte[] Without(int index) => [.. _records.Where((_, i) => i != index + 1).SelectMany(record => record)];

    /// <summary>The log with two events in each other's place.</summary>
    public byte[] Swapped(int first, int second)
    {
        var records = _records.ToArray();
        (records[first + 1], records[second + 1]) = (records[second + 1], records[first + 1]);
        return [.. records.SelectMany(record => record)];
    }

    private static byte[] Header()
    {
        byte[] data = [.. "Spec ID Event03\0"u8, 0, 0, 0, 0, 0, 2, 0, 2, .. U32(1), 0x12, 0, 32, 0, 0];
        return [.. U32(0), .. U32(3), .. new byte[20], .. U32((uint)data.Length), .. data];
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
