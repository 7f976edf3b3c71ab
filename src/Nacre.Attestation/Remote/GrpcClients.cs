using System.Net.Security;
using Google.Protobuf;
using Nacre.Rpc;
using Nacre.Rpc.Grpc;

namespace Nacre.Attestation.Remote;

/// <summary>Calls of services elsewhere: addresses as upstream's configuration has them, and what their failures mean.</summary>
internal static class GrpcClients
{
    private const int MaxReason = 2048;

    /// <exception cref="FormatException">The address is none.</exception>
    public static GrpcClient Create(string address, SslClientAuthenticationOptions? tls)
    {
        const string https = "https://";
        var hasTls = address.StartsWith(https, StringComparison.Ordinal);
        var bare = (hasTls ? address[https.Length..] : address).TrimEnd('/');
        return new GrpcClient(RpcAddress.Parse(bare), hasTls ? tls ?? new SslClientAuthenticationOptions() : null);
    }

    /// <exception cref="RemoteRefusalException">The service answered, and refused.</exception>
    /// <exception cref="AttestationUnavailableException">It did not answer, or not as such a service.</exception>
    public static async Task<TResponse> CallRemoteAsync<TResponse>(
        this GrpcClient client, string address, string service, string method, IMessage request, MessageParser<TResponse> parser,
        TimeSpan timeout, CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        try
        {
            return await client.CallAsync(service, method, request, parser, timeout, cancel);
        }
        catch (RpcException e) when (e.Code is RpcCode.Aborted or RpcCode.InvalidArgument or RpcCode.PermissionDenied or RpcCode.Unimplemented
            or RpcCode.FailedPrecondition)
        {
            throw new RemoteRefusalException(e.Message.Length <= MaxReason ? e.Message : e.Message[..MaxReason] + "…", e)
            {
                IsForbidden = e.Code == RpcCode.PermissionDenied,
                IsUnsupported = e.Code == RpcCode.Unimplemented,
            };
        }
        catch (RpcException e)
        {
            throw new AttestationUnavailableException(address, Reason(e), e);
        }
    }

    // Addresses of this network are for the log; a guest learns only what kind of trouble it is.
    private static string Reason(RpcException e) => e.Code switch
    {
        RpcCode.Unavailable => "it cannot be reached",
        RpcCode.DeadlineExceeded => "it did not answer in time",
        RpcCode.ResourceExhausted => "it is busy, or a message is too large",
        _ => $"it answers with the status {(int)e.Code}",
    };
}
