using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Evidence.Azure;
using Nacre.Evidence.Nvidia;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Tdx;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Remote;

/// <summary>The evidence of guests in the form that Intel Trust Authority takes (trust.md 2.12).</summary>
internal static class IntelEvidence
{
    private const int GpuNonceBytes = 32;
    private const int MaxGpus = 64;

    /// <exception cref="MalformedDataException">A piece of evidence is not what its TEE has, or of a TEE that is not taken.</exception>
    public static JsonObject Write(AttestationSubmission submission, IntelTrustAuthorityOptions options)
    {
        var body = new JsonObject
        {
            ["policy_ids"] = new JsonArray([.. options.PolicyIds.Select(id => (JsonNode)id)]),
            ["policy_must_match"] = options.PolicyIds.Count > 0 && !options.AllowUnmatchedPolicy,
        };
        foreach (var evidence in submission.Evidence)
        {
            var (name, value) = Write(evidence);
            if (value is not null && !body.TryAdd(name, value))
                throw Malformed(evidence.Tee, "is there twice, which Intel Trust Authority does not take");
        }

        return body;
    }

    // A list of GPUs of which none is of a kind that the service knows is left out.
    private static (string Name, JsonObject? Value) Write(SubmittedEvidence evidence)
    {
        var runtime = evidence.RuntimeText ?? throw Malformed(evidence.Tee, "has no runtime data");
        switch (evidence.Tee)
        {
            case TeeNames.Sgx:
                return ("sgx", Quote(SgxEvidence.Parse(evidence.Evidence).Quote.Raw, runtime));
            case TeeNames.Tdx:
                var tdx = TdxEvidence.Parse(evidence.Evidence);
                var value = Quote(tdx.Quote.Raw, runtime);
                if (tdx.EventLog is { } log)
                    value["event_log"] = Convert.ToBase64String(log);
                return ("tdx", value);
            case TeeNames.AzTdxVtpm:
                var azure = AzureVtpmEvidence.Parse(evidence.Evidence, "td_quote");
                var azureValue = Quote(azure.Endorsement, azure.HclReport.VariableData.Span);
                azureValue["user_data"] = Convert.ToBase64String(runtime);
                return ("tdx", azureValue);
            case TeeNames.Nvidia:
                return ("nvgpu", Gpus(evidence.Evidence, runtime));
            default:
                throw Malformed(evidence.Tee, "is not among what Intel Trust Authority takes: tdx, sgx, az-tdx-vtpm, nvidia");
        }
    }

    private static JsonObject Quote(ReadOnlyMemory<byte> quote, ReadOnlySpan<byte> runtime) => new()
    {
        ["quote"] = Convert.ToBase64String(quote.Span),
        ["runtime_data"] = Convert.ToBase64String(runtime),
    };

    // What a device says goes on as it came; the service reads it.
    private static JsonObject? Gpus(byte[] evidence, byte[] runtime)
    {
        using var document = StrictJson.Parse(evidence, "nvidia.evidence", NvidiaEvidence.MaxSize);
        var devices = new JsonFields("nvidia.evidence", document.RootElement).Array("device_evidence_list", MaxGpus)
            .Select(device => new JsonFields("nvidia.evidence.device", device))
            .Where(device => device.Text("arch", 16) is "HOPPER" or "BLACKWELL").ToList();
        if (devices.Count == 0)
            return null;

        var architectures = devices.Select(device => device.Text("arch", 16)).Distinct().ToList();
        if (architectures.Count > 1)
            throw Malformed(TeeNames.Nvidia, "has devices of several architectures, which Intel Trust Authority does not take");

        return new JsonObject
        {
            ["gpu_nonce"] = Convert.ToHexStringLower(SHA512.HashData(runtime).AsSpan(0, GpuNonceBytes)),
            ["arch"] = architectures[0],
            ["evidence_list"] = new JsonArray([.. devices.Select(device => new JsonObject
            {
                ["evidence"] = device.Text("evidence", NvidiaEvidence.MaxSize),
                ["certificate"] = device.Text("certificate", NvidiaEvidence.MaxSize),
            })]),
        };
    }

    private static MalformedDataException Malformed(string tee, string rule) => new("intel-trust-authority.evidence", tee, 0, rule);
}
