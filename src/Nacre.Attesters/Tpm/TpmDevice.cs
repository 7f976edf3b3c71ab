using System.Buffers.Binary;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

/// <summary>
/// A TPM 2.0 and the commands this project needs, one file each (TPM 2.0 Library part 3). Commands take turns; each has a time limit.
/// Hierarchies are expected to have no password, as they are delivered.
/// </summary>
public sealed partial class TpmDevice : IAsyncDisposable
{
    /// <summary>The commands that generate keys take seconds on slow chips; none takes longer.</summary>
    private static readonly TimeSpan s_commandTimeout = TimeSpan.FromSeconds(90);

    private const int MaxRetries = 10;
    private const ushort NoSessions = 0x8001;
    private const ushort Sessions = 0x8002;
    private const uint PasswordSession = EmptyPassword;

    /// <summary>TPM_RS_PW: authorises with the empty password.</summary>
    internal const uint EmptyPassword = 0x4000_0009;

    private readonly ITpmTransport _transport;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turn = new(1, 1);

    internal TpmDevice(TpmEndpoint endpoint, ITpmTransport transport, TimeProvider clock) =>
        (Endpoint, _transport, _clock) = (endpoint, transport, clock);

    public TpmEndpoint Endpoint { get; }

    /// <summary>Opens nothing yet: the first command connects.</summary>
    public static TpmDevice Open(TpmEndpoint endpoint, TimeProvider clock) =>
        new(endpoint, endpoint is TpmEndpoint.Device device ? new TpmFileTransport(device) : new TpmSocketTransport(endpoint), clock);

    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync();
        _turn.Dispose();
    }

    /// <summary>Sends a command. Each entry of <paramref name="sessions"/> authorises the handle at the same place.</summary>
    /// <returns>Response handles (<paramref name="responseHandles"/> of them), then the parameters without the authorisation area.</returns>
    /// <exception cref="TpmException">The TPM refused.</exception>
    /// <exception cref="TpmUnavailableException">It does not answer.</exception>
    private async ValueTask<byte[]> ExecuteAsync(
        TpmCommandCode code, uint[] handles, uint[] sessions, TpmWriter parameters, int responseHandles, CancellationToken cancel)
    {
        var command = Encode(code, handles, sessions, parameters);
        for (var attempt = 0; ; attempt++)
        {
            var response = await ExchangeAsync(command, cancel);
            var result = BinaryPrimitives.ReadUInt32BigEndian(response.AsSpan(6));
            if (result == 0)
                return Decode(code, response, responseHandles);
            if (result is not (TpmException.Retry or TpmException.Yielded or TpmException.Testing) || attempt == MaxRetries)
                throw new TpmException(code, result);

            await Task.Delay(TimeSpan.FromMilliseconds(5 << Math.Min(attempt, 6)), _clock, cancel);
        }
    }

    private async ValueTask<byte[]> ExchangeAsync(byte[] command, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(s_commandTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        await _turn.WaitAsync(cancel);
        try
        {
            return await _transport.ExchangeAsync(command, either.Token);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TpmUnavailableException(Endpoint, $"did not answer within {s_commandTimeout.TotalSeconds:0} s", error);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static byte[] Encode(TpmCommandCode code, uint[] handles, uint[] sessions, TpmWriter parameters)
    {
        var body = new TpmWriter();
        foreach (var handle in handles)
            body.UInt32(handle);

        if (sessions.Length > 0)
        {
            // TPMS_AUTH_COMMAND: handle, no nonce, attributes, no password and no HMAC: 9 bytes each.
            body.UInt32((uint)sessions.Length * 9);
            foreach (var session in sessions)
                body.UInt32(session).UInt16(0).UInt8(0).UInt16(0);
        }

        body.Bytes(parameters.Written);
        return new TpmWriter()
            .UInt16(sessions.Length > 0 ? Sessions : NoSessions).UInt32((uint)(TpmFrame.HeaderSize + body.Written.Length)).UInt32((uint)code)
            .Bytes(body.Written).ToArray();
    }

    private static byte[] Decode(TpmCommandCode code, byte[] response, int handles)
    {
        var r = new StructReader($"tpm.{code}", response);
        var tag = r.UInt16BE("tag");
        r.Bytes(8, "size_and_code");
        var handleArea = r.Bytes(4 * handles, "handles");
        if (tag == NoSessions)
            return [.. handleArea, .. r.Bytes(r.Remaining, "parameters")];

        var size = r.UInt32BE("parameter_size");
        if (size > r.Remaining)
            throw r.Malformed($"is {size}, {r.Remaining} bytes are left");

        return [.. handleArea, .. r.Bytes((int)size, "parameters")];
    }
}
