using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>How a secret lies in the store, which encrypts it: one JSON object with all versions.</summary>
internal static class EnclaveSecretText
{
    private const string Structure = "enclave.stored";

    public static byte[] Write(EnclaveSecret secret)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("specification");
            secret.Specification.ToJson().WriteTo(writer);
            writer.WriteString("created", EnclaveSpecification.Text(secret.Created));
            writer.WriteString("author", secret.Author);
            writer.WriteStartArray("versions");
            foreach (var version in secret.Versions)
            {
                writer.WriteStartObject();
                writer.WriteNumber("version", version.Number);
                writer.WriteString("created", EnclaveSpecification.Text(version.Created));
                writer.WriteBase64String("private", version.Private.Reveal());
                if (version.Public is not null)
                    writer.WriteString("public", version.Public);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="MalformedDataException">Another program wrote it.</exception>
    public static EnclaveSecret Read(EnclaveName name, byte[] stored)
    {
        using var document = StrictJson.Parse(stored, Structure, StoreWrite.MaxValueBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        var versions = new List<EnclaveVersion>();
        foreach (var item in fields.Array("versions", EnclaveStore.MaxVersions))
        {
            var version = new JsonFields($"{Structure}.versions[{versions.Count}]", item);
            versions.Add(new EnclaveVersion(
                version.Any("version").GetInt32(), Time(version, "created"),
                SecretBytes.Own(version.Base64("private", EnclaveSpecification.MaxDataBytes)), version.FindText("public")));
        }

        return new EnclaveSecret(
            name, EnclaveSpecification.Parse(fields.Object("specification")), Time(fields, "created"), fields.Text("author", 1024),
            versions);
    }

    private static DateTimeOffset Time(JsonFields fields, string name) =>
        DateTimeOffset.Parse(fields.Text(name, 32), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
