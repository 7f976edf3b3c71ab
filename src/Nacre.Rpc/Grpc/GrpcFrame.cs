using System.Buffers.Binary;

namespace Nacre.Rpc.Grpc;

/// <summary>One length-prefixed message: flag (0, not compressed), length big-endian, bytes (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
internal static class GrpcFrame
{
    private const int HeaderSize = 5;

    public static byte[] Write(ReadOnlySpan<byte> message)
    {
        var frame = new byte[HeaderSize + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(HeaderSize));
        return frame;
    }

    /// <summary>Exactly one message; a unary call has no more.</summary>
    public static async ValueTask<byte[]> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var header = new byte[HeaderSize];
        var count = await stream.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancel);
        if (count < HeaderSize)
            throw new RpcException(RpcCode.Internal, "the message is missing or cut short");
        if (header[0] != 0)
            throw new RpcException(RpcCode.Unimplemented, "compressed messages are not read");

        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (length > RpcTable.LargestMessage)
            throw new RpcException(RpcCode.ResourceExhausted, $"a message of {length} bytes, at most {RpcTable.LargestMessage} are read");

        var message = new byte[length];
        if (await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancel) < message.Length)
            throw new RpcException(RpcCode.Internal, "the message is cut short");
        return await stream.ReadAsync(header.AsMemory(0, 1), cancel) == 0
            ? message
            : throw new RpcException(RpcCode.Unimplemented, "a second message in a unary call");
    }
}
