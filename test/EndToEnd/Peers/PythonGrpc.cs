using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Nacre.EndToEndTests.Peers;

/// <summary>Debian's Python gRPC, with messages that Debian's protoc makes from our proto files: a client that shares no code with the server.</summary>
internal sealed class PythonGrpc : IDisposable
{
    private const string Script = """
        import importlib, json, sys
        import grpc
        from google.protobuf import json_format

        folder, address, package, service, method, request_type, response_type, body, root, cert, key = sys.argv[1:]
        sys.path.insert(0, folder)
        messages = importlib.import_module(package + "_pb2")
        request = json_format.Parse(body, getattr(messages, request_type)(), ignore_unknown_fields=False)
        read = lambda path: open(path, "rb").read() if path else None
        if root:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(read(root), read(key), read(cert)))
        else:
            channel = grpc.insecure_channel(address)
        call = channel.unary_unary(service + "/" + method, request_serializer=lambda m: m.SerializeToString(),
                                   response_deserializer=getattr(messages, response_type).FromString)
        try:
            answer = json_format.MessageToDict(call(request, timeout=20), preserving_proto_field_name=True)
            print(json.dumps({"ok": answer}))
        except grpc.RpcError as e:
            print(json.dumps({"code": e.code().name, "details": e.details()}))
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-grpc-").FullName;


    /// <summary>PEM files for TLS; null for none.</summary>
    public (string Root, string? Certificate, string? Key)? Tls { get; set; }

    /// <summary><c>{"ok":{…}}</c>, or <c>{"code","details"}</c> of a refusal.</summary>
    public Task<JsonObject> EvaluateAsync(string address, JsonObject body) =>
        CallAsync(address, "attestation", "/attestation.AttestationService", "AttestationEvaluate", "AttestationRequest", "AttestationResponse", body);

    public Task<JsonObject> SetPolicyAsync(string address, JsonObject body) =>
        CallAsync(address, "attestation", "/attestation.AttestationService", "SetAttestationPolicy", "SetPolicyRequest", "SetPolicyResponse", body);

    public Task<JsonObject> ChallengeAsync(string address, JsonObject body) =>
        CallAsync(address, "attestation", "/attestation.AttestationService", "GetAttestationChallenge", "ChallengeRequest", "ChallengeResponse", body);

    public Task<JsonObject> QueryAsync(string address, string name) => CallAsync(
        address, "reference", "/reference.ReferenceValueProviderService", "QueryReferenceValue", "ReferenceValueQueryRequest",
        "ReferenceValueQueryResponse", new() { ["reference_value_id"] = name });

    public Task<JsonObject> RegisterAsync(string address, string message) => CallAsync(
        address, "reference", "/reference.ReferenceValueProviderService", "RegisterReferenceValue", "ReferenceValueRegisterRequest",
        "ReferenceValueRegisterResponse", new() { ["message"] = message });

    public Task<JsonObject> CheckAsync(string address, string service) => CallAsync(
        address, "health", "/grpc.health.v1.Health", "Check", "HealthCheckRequest", "HealthCheckResponse", new() { ["service"] = service });

    /// <summary>Python modules of our proto files.</summary>
    public static Task MakeMessagesAsync(string folder) => ToolProcess.RunAsync(
        "protoc",
        [$"--proto_path={Path.Combine(Root(), "proto")}", $"--python_out={folder}", "attestation.proto", "reference.proto", "health.proto"]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<JsonObject> CallAsync(
        string address, string package, string service, string method, string request, string response, JsonObject body)
    {
        var target = address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (!File.Exists(Path.Combine(_folder, "call.py")))
            await PrepareAsync();
        var output = await ToolProcess.RunAsync(
            "/usr/bin/python3",
            [
                Path.Combine(_folder, "call.py"), _folder, target, package, service, method, request, response, body.ToJsonString(),
                Tls?.Root ?? "", Tls?.Certificate ?? "", Tls?.Key ?? "",
            ]);
        return JsonNode.Parse(output)!.AsObject();
    }

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "call.py"), Script);
        await MakeMessagesAsync(_folder);
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
