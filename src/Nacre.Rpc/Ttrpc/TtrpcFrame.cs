using System.Buffers.Binary;

namespace Nacre.Rpc.Ttrpc;

internal enum TtrpcType : byte
{
    Request = 1,
    Response = 2,
    Data = 3,
}

/// <summary>One message on a ttrpc connection: ten bytes of header and a payload (PROTOCOL.md).</summary>
internal readonly record struct TtrpcFrame(uint Stream, TtrpcType Type, byte Flags, byte[] Payload)
{
    public const int HeaderSize = 10;

    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderSize + Payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Payload.Length);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), Stream);
        (bytes[8], bytes[9]) = ((byte)Type, Flags);
        Payload.CopyTo(bytes.AsSpan(HeaderSize));
        return bytes;
    }

    /// <summary>
    /// Null at the end of the connection. A payload over the limit is skipped without being kept and its stream told to
    /// <paramref name="oversize"/>, because only that one call is wrong.
    /// </summary>
    public static async ValueTask<TtrpcFrame?> ReadAsync(Stream connection, Func<uint, ValueTask> oversize, CancellationToken cancel)
    {
        var header = new byte[HeaderSize];
        while (true)
        {
            var count = await connection.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancel);
            if (count == 0)
                return null;
            if (count < HeaderSize)
                throw new IOException("The connection ended inside a header.");

            var length = BinaryPrimitives.ReadUInt32BigEndian(header);
            var stream = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
            if (length <= RpcTable.LargestMessage)
            {
                var payload = new byte[length];
                await connection.ReadExactlyAsync(payload, cancel);
                return new(stream, (TtrpcType)header[8], header[9], payload);
            }

            await SkipAsync(connection, length, cancel);
            await oversize(stream);
        }
    }

    private static async ValueTask SkipAsync(Stream connection, long count, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        while (count > 0)
        {
            var part = (int)Math.Min(count, buffer.Length);
            await connection.ReadExactlyAsync(buffer.AsMemory(0, part), cancel);
            count -= part;
        }
    }
}
