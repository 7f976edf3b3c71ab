using Google.Protobuf;
using Google.Protobuf.Collections;
using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.Health;
using Nacre.Rpc.Messages.Plugin;

namespace Nacre.KeyBroker.Plugins.External;

/// <summary>
/// One program that answers <c>kbs.plugin.v1.KbsPlugin</c> (proto/plugin.proto), with a deadline and a bound of calls at once.
/// </summary>
internal sealed class ExternalBackend(BackendSettings settings, PluginServices services) : IDisposable
{
    private const string Service = "kbs.plugin.v1.KbsPlugin";
    private const int MostCalls = 64;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    private readonly GrpcClient _client = settings.CreateClient();
    private readonly SemaphoreSlim _free = new(MostCalls);

    public string Name => settings.Name;

    /// <summary>Asks until something answers, whatever it says: a plugin need not have a health service.</summary>
    /// <exception cref="RpcException">Nothing does within 30 seconds.</exception>
    public async Task ConnectAsync(CancellationToken cancel)
    {
        var since = services.Clock.GetTimestamp();
        for (var pause = s_firstPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            try
            {
                await _client.CallAsync(
                    "grpc.health.v1.Health", "Check", new HealthCheckRequest(), HealthCheckResponse.Parser, s_longestPause, cancel);
                return;
            }
            catch (RpcException e) when (e.Code is not (RpcCode.Unavailable or RpcCode.DeadlineExceeded))
            {
                return;
            }
            catch (RpcException) when (services.Clock.GetElapsedTime(since) + pause < s_startLimit)
            {
                await Task.Delay(pause, services.Clock, cancel);
            }
        }
    }

    public async ValueTask<bool> RequiresAdminAsync(ExternalRequest request, CancellationToken cancel)
    {
        var message = new ValidateAuthRequest { Body = request.Body, Method = request.Method };
        request.AddTo(message.Path, message.Query);
        return (await CallAsync("ValidateAuth", message, ValidateAuthResponse.Parser, cancel)).RequiresAdminAuth;
    }

    public async ValueTask<bool> NeedsEncryptionAsync(ExternalRequest request, CancellationToken cancel)
    {
        var message = new NeedsEncryptionRequest { Body = request.Body, Method = request.Method };
        request.AddTo(message.Path, message.Query);
        return (await CallAsync("NeedsEncryption", message, NeedsEncryptionResponse.Parser, cancel)).RequiresPayloadEncryption;
    }

    /// <exception cref="KbsProblemException">The plugin refuses, fails, or does not answer.</exception>
    public async ValueTask<PluginResponse> HandleAsync(ExternalRequest request, CancellationToken cancel)
    {
        var message = new PluginRequest { Body = request.Body, Method = request.Method };
        request.AddTo(message.Path, message.Query);
        var response = await CallAsync("Handle", message, PluginResponse.Parser, cancel);
        return response.StatusCode switch
        {
            0 or (>= 200 and < 300) => response,
            404 => throw KbsProblemException.NotFound($"the plugin '{Name}' has nothing there"),
            >= 400 and < 500 => throw new KbsProblemException(
                400, ErrorTypes.PluginInternalError, $"the plugin '{Name}' refuses with status {response.StatusCode}"),
            _ => throw new KbsProblemException(
                502, ErrorTypes.PluginInternalError, $"the plugin '{Name}' failed with status {response.StatusCode}"),
        };
    }

    public void Dispose()
    {
        _client.Dispose();
        _free.Dispose();
    }

    private async ValueTask<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, CancellationToken cancel)
        where T : IMessage<T>
    {
        if (!await _free.WaitAsync(settings.Timeout, cancel))
            throw Unavailable($"has {MostCalls} calls that are not answered", null);

        var since = services.Clock.GetTimestamp();
        var outcome = RpcCode.Cancelled;
        try
        {
            var answer = await _client.CallAsync(Service, method, request, parser, settings.Timeout, cancel);
            outcome = RpcCode.Ok;
            return answer;
        }
        catch (RpcException e)
        {
            outcome = e.Code;
            throw e.Code switch
            {
                RpcCode.NotFound => KbsProblemException.NotFound($"the plugin '{Name}' has nothing there"),
                RpcCode.Unavailable or RpcCode.DeadlineExceeded => Unavailable("does not answer", e),
                _ => new KbsProblemException(502, ErrorTypes.PluginInternalError, $"the plugin '{Name}' failed: {e.Code}", null, e),
            };
        }
        finally
        {
            _free.Release();
            services.Metrics.PluginCall(Name, method, outcome.ToString(), services.Clock.GetElapsedTime(since));
        }
    }

    private KbsProblemException Unavailable(string what, Exception? cause) =>
        new(503, ErrorTypes.Unavailable, $"the plugin '{Name}' {what}; try again later", null, cause) { RetryAfter = s_longestPause };
}

/// <summary>A request as plugins see it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Segments behind the backend's name.</param>
/// <param name="Query">Of the request.</param>
/// <param name="Body">Empty before it is known who asks.</param>
internal sealed record ExternalRequest(
    string Method, IReadOnlyList<string> Path, IReadOnlyDictionary<string, string> Query, ByteString Body)
{
    public void AddTo(RepeatedField<string> path, MapField<string, string> query)
    {
        path.AddRange(Path);
        foreach (var (name, value) in Query)
            query[name] = value;
    }
}
