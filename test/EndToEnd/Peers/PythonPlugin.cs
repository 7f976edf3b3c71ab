using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Nacre.EndToEndTests.Peers;

/// <summary>
/// A plugin on Debian's Python gRPC. Changes are for administrators, <c>GET</c> is for guests; what it answers below <c>plain</c> need not be
/// encrypted; with a body, <c>flip</c> decides otherwise than without.
/// </summary>
internal sealed class PythonPlugin : IDisposable
{
    private const string Script = """
        import json, sys, threading
        from concurrent import futures
        import grpc

        folder, port, cert, key = sys.argv[1:]
        sys.path.insert(0, folder)
        import plugin_pb2 as m

        calls = {"ValidateAuth": 0, "Handle": 0}

        def validate(request, context):
            calls["ValidateAuth"] += 1
            admin = request.method != "GET"
            if request.path[0] == "flip" and request.body:
                admin = not admin
            return m.ValidateAuthResponse(requires_admin_auth=admin)

        def needs(request, context):
            return m.NeedsEncryptionResponse(requires_payload_encryption=request.path[0] != "plain")

        def handle(request, context):
            calls["Handle"] += 1
            path = list(request.path)
            if path[0] == "status":
                return m.PluginResponse(status_code=int(path[1]), body=b"inside")
            if path[0] == "abort":
                context.abort(grpc.StatusCode[path[1]], "inside")
            if path[0] == "slow":
                threading.Event().wait(30)
            if path == ["plain", "calls"]:
                return m.PluginResponse(body=json.dumps(calls).encode(), content_type="application/json")
            echo = {"method": request.method, "path": path, "query": dict(request.query), "body": request.body.decode()}
            return m.PluginResponse(body=json.dumps(echo, sort_keys=True).encode(), content_type="text/html\r\nX: y")

        def method(function, request_type):
            return grpc.unary_unary_rpc_method_handler(
                function, request_deserializer=request_type.FromString, response_serializer=lambda reply: reply.SerializeToString())

        server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("kbs.plugin.v1.KbsPlugin", {
            "ValidateAuth": method(validate, m.ValidateAuthRequest),
            "NeedsEncryption": method(needs, m.NeedsEncryptionRequest),
            "Handle": method(handle, m.PluginRequest)})])
        address = "127.0.0.1:" + port
        if cert:
            read = lambda path: open(path, "rb").read()
            bound = server.add_secure_port(address, grpc.ssl_server_credentials([(read(key), read(cert))]))
        else:
            bound = server.add_insecure_port(address)
        server.start()
        print(bound, flush=True)
        sys.stdin.read()
        """;

    private readonly string _folder;
    private readonly Process _process;

    private PythonPlugin(string folder, Process process, int port) => (_folder, _process, Port) = (folder, process, port);

    public int Port { get; }

    /// <param name="port">0 for a free one.</param>
    /// <param name="tls">PEM files of the certificate and its key; null without TLS.</param>
    public static async Task<PythonPlugin> StartAsync(int port = 0, (string Certificate, string Key)? tls = null)
    {
        var folder = Directory.CreateTempSubdirectory("nacre-plugin-").FullName;
        var script = Path.Combine(folder, "plugin.py");
        await File.WriteAllTextAsync(script, Script);
        using (var protoc = Process.Start("protoc", [$"--proto_path={Path.Combine(Root(), "proto")}", $"--python_out={folder}", "plugin.proto"]))
        {
            await protoc.WaitForExitAsync();
            Assert.Equal(0, protoc.ExitCode);
        }

        var start = new ProcessStartInfo(
            "/usr/bin/python3",
            [script, folder, port.ToString(CultureInfo.InvariantCulture), tls?.Certificate ?? "", tls?.Key ?? ""])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync();
        return new PythonPlugin(folder, process, int.Parse(line!, CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
