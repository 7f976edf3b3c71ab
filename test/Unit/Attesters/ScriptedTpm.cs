using System.Buffers.Binary;
using Nacre.Attesters.Tpm;

namespace Nacre.UnitTests.Attesters;

/// <summary>A TPM that answers what a test has written down, and remembers what it was asked.</summary>
internal sealed class ScriptedTpm(params byte[][] responses) : ITpmTransport
{
    private int _next;

    public List<byte[]> Commands { get; } = [];

    public TpmDevice Device => new(TpmEndpoint.Default, this, TimeProvider.System);

    public ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> command, CancellationToken cancel)
    {
        Commands.Add(command.ToArray());
        return ValueTask.FromResult(responses[Math.Min(_next++, responses.Length - 1)]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static byte[] Refusal(uint code) => Frame(0x8001, code, []);

    /// <summary>An answer without an authorisation area.</summary>
    public static byte[] Answer(string hex) => Frame(0x8001, 0, Convert.FromHexString(hex));

    /// <summary>An answer to an authorised command: handles, the size of the parameters, the parameters, and some authorisation area.</summary>
    public static byte[] AuthorizedAnswer(string hex, uint? parameterSize = null)
    {
        var parameters = Convert.FromHexString(hex);
        var size = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(size, parameterSize ?? (uint)parameters.Length);
        return Frame(0x8002, 0, [.. size, .. parameters, 0, 0, 1, 0, 0]);
    }

    private static byte[] Frame(ushort tag, uint code, byte[] body)
    {
        var frame = new byte[10 + body.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, tag);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(2), (uint)frame.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(6), code);
        body.CopyTo(frame, 10);
        return frame;
    }
}
