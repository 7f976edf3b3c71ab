using Nacre.Attestation.Remote;
using Nacre.Rpc;
using Nacre.Rpc.Messages.Attestation;
using Nacre.Rpc.Messages.Health;
using Nacre.Rpc.Messages.Reference;
using Nacre.Storage;

namespace Nacre.Attestation.Services;

/// <summary>The gRPC contracts of upstream's Attestation Service and RVPS over the calls (proto/attestation.proto, proto/reference.proto).</summary>
internal static class ServiceRpc
{
    public const string AttestationName = "attestation.AttestationService";
    public const string ReferenceName = "reference.ReferenceValueProviderService";

    public static RpcTable AddAttestation(this RpcTable table, AttestationCalls calls) => table
        .Add(AttestationName, "AttestationEvaluate", AttestationRequest.Parser, (request, cancel) => TellAsync(async () =>
            new AttestationResponse
            {
                AttestationToken = await calls.EvaluateAsync([.. request.VerificationRequests.Select(Read)], request.PolicyIds, cancel),
            }))
        .Add(AttestationName, "SetAttestationPolicy", SetPolicyRequest.Parser, (request, cancel) => TellAsync(async () =>
        {
            await calls.SetPolicyAsync(request.PolicyId, request.Policy, "gRPC", cancel);
            return new SetPolicyResponse();
        }))
        .Add(AttestationName, "GetAttestationChallenge", ChallengeRequest.Parser, (request, _) => TellAsync(() => ValueTask.FromResult(
            new ChallengeResponse
            {
                AttestationChallenge = calls.Challenge(request.Inner.GetValueOrDefault("tee"), request.Inner.GetValueOrDefault("tee_params")),
            })));

    public static RpcTable AddReferences(this RpcTable table, ReferenceCalls calls) => table
        .Add(ReferenceName, "QueryReferenceValue", ReferenceValueQueryRequest.Parser, (request, cancel) => TellAsync(async () =>
        {
            // Absent, not empty, for an id that is not known.
            var response = new ReferenceValueQueryResponse();
            if (await calls.QueryAsync(request.ReferenceValueId, cancel) is { } value)
                response.ReferenceValueResults = value;
            return response;
        }))
        .Add(ReferenceName, "RegisterReferenceValue", ReferenceValueRegisterRequest.Parser, (request, cancel) => TellAsync(async () =>
        {
            await calls.RegisterAsync(request.Message, cancel);
            return new ReferenceValueRegisterResponse();
        }));

    /// <summary>gRPC's health check for these services, and for the server as a whole (the empty name).</summary>
    public static RpcTable AddHealth(this RpcTable table, IServiceState state, params IReadOnlyList<string> services) => table.Add(
        "grpc.health.v1.Health", "Check", HealthCheckRequest.Parser,
        async (request, cancel) => request.Service.Length == 0 || services.Contains(request.Service)
            ? new HealthCheckResponse
            {
                Status = (await state.CheckAsync(cancel)).IsReady
                    ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
            }
            : throw new RpcException(RpcCode.NotFound, $"there is no service '{request.Service}' here"));

    private static EvaluationItem Read(IndividualAttestationRequest item) => new()
    {
        Tee = item.Tee,
        Evidence = item.Evidence,
        RawRuntimeData = item.HasRawRuntimeData ? item.RawRuntimeData : null,
        StructuredRuntimeData = item.HasStructuredRuntimeData ? item.StructuredRuntimeData : null,
        InitDataDigest = item.HasInitDataDigest ? item.InitDataDigest : null,
        InitDataToml = item.HasInitDataToml ? item.InitDataToml : null,
        HashAlgorithm = item.RuntimeDataHashAlgorithm,
    };

    // Upstream answers ABORTED for everything that fails.
    private static async ValueTask<T> TellAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ServiceCallException e)
        {
            throw new RpcException(e.IsForbidden ? RpcCode.PermissionDenied : RpcCode.Aborted, $"{e.Message}: {e.Causes}", e);
        }
        catch (AttestationUnavailableException e)
        {
            throw new RpcException(RpcCode.Unavailable, e.Message, e);
        }
        catch (StoreException e)
        {
            throw new RpcException(RpcCode.Unavailable, "the store is not available; try again later", e);
        }
    }
}
