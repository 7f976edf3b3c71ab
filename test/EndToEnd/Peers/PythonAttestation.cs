using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Nacre.EndToEndTests.Peers;

/// <summary>
/// A stand-in for upstream's Attestation Service, made of Debian's Python gRPC and openssl from the contract alone. It believes everything,
/// keeps what it was called with, and signs tokens as upstream's does; <see cref="Mood"/> makes it misbehave.
/// </summary>
internal sealed class PythonAttestation : IAsyncDisposable
{
    private const string Script = """
        import base64, hashlib, json, subprocess, sys, time
        from concurrent import futures
        sys.path.insert(0, sys.argv[1])
        import grpc
        import attestation_pb2 as a
        import reference_pb2 as r
        from google.protobuf import json_format

        folder, key, chain = sys.argv[1:]
        b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        unb64 = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        values = {}

        def mood():
            return open(folder + "/mood").read().strip()

        def keep(name, request):
            with open(folder + "/" + name + ".json", "w") as f:
                f.write(json_format.MessageToJson(request, preserving_proto_field_name=True))

        def openssl(*args, data=None):
            return subprocess.run(["openssl", *args], input=data, check=True, capture_output=True).stdout

        def raw(der):
            assert der[0] == 0x30
            at, out = 2, b""
            for _ in range(2):
                length = der[at + 1]
                out += int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(32, "big")
                at += 2 + length
            return out

        def sign(payload):
            point = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-64:]
            x5c = ["".join(c.split("-----")[0].split()) for c in open(chain).read().split("-----BEGIN CERTIFICATE-----")[1:]]
            jwk = {"kty": "EC", "crv": "P-256", "alg": "ES256", "x": b64(point[:32]), "y": b64(point[32:])}
            if mood() != "no-certificate":
                jwk["x5c"] = x5c
            head = b64(json.dumps({"typ": "JWT", "alg": "ES256", "jwk": jwk}).encode())
            text = head + "." + b64(json.dumps(payload).encode())
            return text + "." + b64(raw(openssl("dgst", "-sha256", "-sign", key, data=text.encode())))

        def evaluate(request, context):
            keep("evaluate", request)
            if mood() == "abort":
                context.abort(grpc.StatusCode.ABORTED, "Attestation evaluation failed: \n0: the sample is stale")
            if mood() == "slow":
                time.sleep(30)
            item = request.verification_requests[0]
            runtime = json.loads(item.structured_runtime_data)
            canonical = json.dumps(runtime, sort_keys=True, separators=(",", ":")).encode()
            evidence = json.loads(unb64(item.evidence))
            if base64.b64decode(evidence["report_data"]) != hashlib.new(item.runtime_data_hash_algorithm, canonical).digest():
                context.abort(grpc.StatusCode.ABORTED, "Attestation evaluation failed: \n0: REPORT_DATA is different")
            runtime.pop("additional-evidence", None)
            if mood() == "other-guest":
                runtime["nonce"] = "AAAA"
            now = int(time.time())
            submod = {"ear.status": "affirming", "ear.trustworthiness-vector": {}, "ear.appraisal-policy-id": request.policy_ids[0],
                      "ear.veraison.annotated-evidence": {"sample": {}, "runtime_data_claims": runtime}}
            token = {"eat_profile": "tag:github.com,2024:confidential-containers/Trustee", "iat": now, "submods": {"cpu0": submod},
                     "exp": now + (-600 if mood() == "expired" else 300), "iss": "CoCo-Attestation-Service"}
            return a.AttestationResponse(attestation_token=sign(token))

        def policy(request, context):
            keep("policy", request)
            return a.SetPolicyResponse()

        def register(request, context):
            message = json.loads(request.message)
            values.update(json.loads(base64.b64decode(message["payload"])))
            return r.ReferenceValueRegisterResponse()

        def query(request, context):
            found = values.get(request.reference_value_id)
            return r.ReferenceValueQueryResponse(reference_value_results=None if found is None else json.dumps(found))

        def handler(call, request):
            return grpc.unary_unary_rpc_method_handler(call, request_deserializer=request.FromString, response_serializer=lambda m: m.SerializeToString())

        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((
            grpc.method_handlers_generic_handler("attestation.AttestationService", {
                "AttestationEvaluate": handler(evaluate, a.AttestationRequest), "SetAttestationPolicy": handler(policy, a.SetPolicyRequest)}),
            grpc.method_handlers_generic_handler("reference.ReferenceValueProviderService", {
                "QueryReferenceValue": handler(query, r.ReferenceValueQueryRequest),
                "RegisterReferenceValue": handler(register, r.ReferenceValueRegisterRequest)})))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        print(port, flush=True)
        server.wait_for_termination()
        """;

    private readonly string _folder;
    private readonly Process _process;

    private PythonAttestation(string folder, Process process, string address) => (_folder, _process, Address) = (folder, process, address);

    public string Address { get; }

    /// <summary><c>good</c>, <c>abort</c>, <c>slow</c>, <c>other-guest</c>, <c>expired</c> or <c>no-certificate</c>.</summary>
    public string Mood { set => File.WriteAllText(Path.Combine(_folder, "mood"), value); }

    public static async Task<PythonAttestation> StartAsync(TokenFiles tokens)
    {
        var folder = Directory.CreateTempSubdirectory("nacre-peer-as-").FullName;
        await PythonGrpc.MakeMessagesAsync(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "serve.py"), Script);
        await File.WriteAllTextAsync(Path.Combine(folder, "mood"), "good");
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(folder, "serve.py"), folder, tokens.Key, tokens.Chain])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        var port = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(int.TryParse(port, out _), "the stand-in did not start");
        return new PythonAttestation(folder, process, $"http://127.0.0.1:{port}");
    }

    /// <summary>What the last call of a kind was given: <c>evaluate</c> or <c>policy</c>.</summary>
    public JsonObject Last(string call) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, $"{call}.json")))!.AsObject();

    public async Task StopAsync()
    {
        if (_process.HasExited)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
