using System.CommandLine;
using System.Text.Json.Nodes;
using Nacre.Cli.Secret;
using Nacre.KeyBroker.Plugins.Enclave;

namespace Nacre.Cli.Enclave;

/// <summary><c>nacre enclave create APPLICATION/NAME --kind KIND --identity TEE:…</c>.</summary>
internal static class EnclaveCreateCommand
{
    public static Command Create()
    {
        var name = EnclaveCommand.Name();
        var kind = new Option<string>("--kind")
        {
            Description = $"One of {string.Join(", ", EnclaveSpecification.Kinds)}.",
            Required = true,
        };
        var bits = new Option<int?>("--bits") { Description = "Of an AES or RSA key." };
        var curve = new Option<string?>("--curve") { Description = "P-256, P-384 or P-521." };
        var subject = new Option<string?>("--subject") { Description = "Common name in a certificate." };
        var hosts = new Option<string[]>("--host") { Description = "DNS name or address in a certificate; may be repeated." };
        var days = new Option<int?>("--days") { Description = "How long a certificate is valid." };
        var authority = new Option<string?>("--authority")
        {
            Description = "Name of a secret of kind ca in the same application; without it a certificate is self-signed.",
        };
        var data = new Option<string?>("--data") { Description = "File with the bytes of kind data, or - for standard input." };
        kind.AcceptOnlyFromAmong([.. EnclaveSpecification.Kinds]);
        var command = new Command(
            "create", "Have a secret made. Example: nacre enclave create payments/db-key --kind aes --identity sgx:mrenclave=HEX")
        {
            name, kind, bits, curve, subject, hosts, days, authority, data,
        };
        var identities = IdentityOptions.AddTo(command);
        var server = ServerOptions.AddAdminTo(command);
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var body = new JsonObject { ["kind"] = line.GetRequiredValue(kind) };
            Add("bits", line.GetValue(bits));
            Add("curve", line.GetValue(curve));
            Add("subject", line.GetValue(subject));
            Add("hosts", line.GetValue(hosts) is { Length: > 0 } names ? new JsonArray([.. names.Select(host => (JsonNode)host)]) : null);
            Add("days", line.GetValue(days));
            Add("authority", line.GetValue(authority));
            identities.Read(line, body);
            if (line.GetValue(data) is { } file)
            {
                using var bytes = await SecretPutCommand.ReadAsync(file, cancel);
                body["data"] = Convert.ToBase64String(bytes.Reveal());
            }

            var path = EnclaveCommand.Path(line.GetRequiredValue(name));
            using var admin = server.ConnectAdmin(line);
            EnclaveShowCommand.Write(line, format, await admin.CallPluginAsync(HttpMethod.Post, $"enclave/secrets/{path}", body, cancel));
            return ExitCode.Done;

            void Add(string member, JsonNode? value)
            {
                if (value is not null)
                    body[member] = value;
            }
        });
        return command;
    }
}
