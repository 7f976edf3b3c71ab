using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.KeyBroker.Http;
using Nacre.KeyBroker.Releases;
using Nacre.KeyBroker.Resources;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>
/// Gives a secret to an attested program: the resource policy must allow it, and the verified claims must be of an identity that the owner
/// gave with the secret. A guest that is none of them learns not even whether there is such a secret.
/// </summary>
internal sealed class EnclaveRelease(EnclaveStore store, ReleaseGate gate, TimeProvider clock)
{
    /// <summary>
    /// The bytes of the newest version, or of <c>?version=N</c>; with <c>?form=json</c>
    /// <c>{"kind","version","versions":[…],"value":base64}</c>.
    /// </summary>
    public async ValueTask<KbsReply> GetAsync(KbsCall call, CancellationToken cancel)
    {
        var name = EnclaveName.Of(call);
        var request = new ReleaseRequest("enclave", [name.Application, name.Name], call.Query);
        var claims = await gate.RequireAsync(call, request, cancel);

        var secret = (await store.FindAsync(name, cancel))?.Secret;
        using (secret)
        {
            var device = claims["submods"]?["cpu0"]?["ear.veraison.annotated-evidence"] as JsonObject;
            var problem = secret is null ? "there is no such secret" : secret.FindProblem(device, clock.GetUtcNow());
            if (problem is not null)
                throw await gate.DenyAsync(claims, request, $"the identities of enclave secret {name} do not allow it: {problem}", cancel);

            var version = Version(call, secret!);
            return call.Query.GetValueOrDefault("form") switch
            {
                null => gate.Encrypt(claims, version.Private.Reveal()),
                "json" => EncryptJson(claims, secret!, version),
                _ => throw KbsProblemException.Malformed("form must be json, or be left away for the bytes alone"),
            };
        }
    }

    private static EnclaveVersion Version(KbsCall call, EnclaveSecret secret)
    {
        if (!call.Query.TryGetValue("version", out var text))
            return secret.Current;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw KbsProblemException.Malformed("version must be a number");
        return secret.Versions.FirstOrDefault(version => version.Number == number)
            ?? throw KbsProblemException.NotFound(
                $"{secret.Name} has no version {number}; there are {string.Join(", ", secret.Versions.Select(version => version.Number))}");
    }

    private KbsReply EncryptJson(JsonObject claims, EnclaveSecret secret, EnclaveVersion version)
    {
        var output = new ArrayBufferWriter<byte>(2 * version.Private.Reveal().Length + 256);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", secret.Specification.Kind);
            writer.WriteNumber("version", version.Number);
            writer.WriteStartArray("versions");
            foreach (var one in secret.Versions)
                writer.WriteNumberValue(one.Number);
            writer.WriteEndArray();
            writer.WriteBase64String("value", version.Private.Reveal());
            writer.WriteEndObject();
        }

        var json = output.WrittenSpan.ToArray();
        try
        {
            return gate.Encrypt(claims, json);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
            output.Clear();
        }
    }
}
