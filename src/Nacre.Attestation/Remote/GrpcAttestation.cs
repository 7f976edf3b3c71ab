using System.Collections.Frozen;
using System.Text;
using Google.Protobuf;
using Nacre.Attestation.Policies;
using Nacre.Attestation.Services;
using Nacre.Evidence;
using Nacre.Formats.Jose;
using Nacre.Rpc.Grpc;
using Nacre.Rpc.Messages.Attestation;
using Nacre.Rpc.Messages.Reference;

namespace Nacre.Attestation.Remote;

/// <summary>
/// An Attestation Service over upstream's gRPC contract (trust.md 2.12, 3.1), with its reference values at the same address. Calls share one
/// HTTP/2 connection; a pool of them is not needed.
/// </summary>
public sealed class GrpcAttestation : IRemoteAttestation
{
    // Those that upstream's contract takes (trust.md 3.1). IBM Secure Execution is left out: its challenge is made by the service.
    private static readonly FrozenSet<string> s_tees = FrozenSet.Create(
        TeeNames.Sgx, TeeNames.Snp, TeeNames.Tdx, TeeNames.Csv, TeeNames.AzSnpVtpm, TeeNames.Cca, TeeNames.AzTdxVtpm, TeeNames.HygonDcu,
        TeeNames.Nvidia, TeeNames.Tpm);

    private readonly GrpcAttestationOptions _options;
    private readonly TimeProvider _clock;
    private readonly GrpcClient _client;
    private readonly FrozenSet<string> _tees;

    /// <exception cref="FormatException">The address is none.</exception>
    public GrpcAttestation(GrpcAttestationOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _client = GrpcClients.Create(options.Address, options.Tls);
        _tees = options.AllowSampleEvidence ? [.. s_tees, TeeNames.Sample] : s_tees;
    }

    public string Address => _options.Address;

    public IEnumerable<string> Tees => _tees;

    /// <summary>The contract has no place for them; the service looks for itself whether a key is enrolled.</summary>
    public bool TakesEndorsements => false;

    public bool Takes(string tee) => _tees.Contains(tee);

    public string SelectHash(string tee, IReadOnlyList<string>? supported) => HashSelection.ForUpstream(tee, supported);

    public async Task<AttestationOutcome> AttestAsync(AttestationSubmission submission, CancellationToken cancel)
    {
        var request = new AttestationRequest { PolicyIds = { submission.PolicySets ?? AttestationServiceOptions.DefaultPolicySets } };
        foreach (var evidence in submission.Evidence)
        {
            if (!Takes(evidence.Tee))
                return new NotAttested([], $"evidence of '{evidence.Tee}' is not taken here; this server takes {string.Join(", ", Tees.Order())}");
            request.VerificationRequests.Add(Write(evidence));
        }

        try
        {
            var response = await CallAsync(ServiceRpc.AttestationName, "AttestationEvaluate", request, AttestationResponse.Parser, cancel);
            return await RemoteToken.JudgeAsync(response.AttestationToken, submission, _options.Trust, _clock.GetUtcNow(), cancel);
        }
        catch (RemoteRefusalException e)
        {
            return new NotAttested([], $"the attestation service refused: {e.Message}");
        }
    }

    public Task SetPolicyAsync(PolicyDocument policy, CancellationToken cancel) => CallAsync(
        ServiceRpc.AttestationName, "SetAttestationPolicy",
        new SetPolicyRequest { PolicyId = policy.Id, Policy = Base64UrlText.Encode(Encoding.UTF8.GetBytes(policy.Text)) },
        SetPolicyResponse.Parser, cancel);

    public Task RegisterAsync(string message, CancellationToken cancel) => CallAsync(
        ServiceRpc.ReferenceName, "RegisterReferenceValue", new ReferenceValueRegisterRequest { Message = message },
        ReferenceValueRegisterResponse.Parser, cancel);

    public async Task<string?> QueryAsync(string name, CancellationToken cancel)
    {
        var response = await CallAsync(
            ServiceRpc.ReferenceName, "QueryReferenceValue", new ReferenceValueQueryRequest { ReferenceValueId = name },
            ReferenceValueQueryResponse.Parser, cancel);
        return response.HasReferenceValueResults ? response.ReferenceValueResults : null;
    }

    public void Dispose() => _client.Dispose();

    private static IndividualAttestationRequest Write(SubmittedEvidence evidence)
    {
        var item = new IndividualAttestationRequest { Tee = evidence.Tee, Evidence = Base64UrlText.Encode(evidence.Evidence) };
        if (evidence.RuntimeText is { } text)
        {
            item.StructuredRuntimeData = Encoding.UTF8.GetString(text);
            item.RuntimeDataHashAlgorithm = evidence.HashAlgorithm;
        }
        else if (evidence.ReportData is { } reportData)
        {
            item.RawRuntimeData = Base64UrlText.Encode(reportData);
        }

        if (evidence.InitData is { } initData)
            item.InitDataToml = initData.Text;
        return item;
    }

    private Task<TResponse> CallAsync<TResponse>(
        string service, string method, IMessage request, MessageParser<TResponse> parser, CancellationToken cancel)
        where TResponse : IMessage<TResponse> =>
        _client.CallRemoteAsync(Address, service, method, request, parser, _options.Timeout, cancel);
}
