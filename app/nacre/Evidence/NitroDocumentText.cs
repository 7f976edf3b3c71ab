using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence.Nitro;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Cli.Evidence;

/// <summary>
/// The fields of an attestation document of AWS Nitro Enclaves. Registers that are all zero are left out, but for the first three.
/// </summary>
internal static class NitroDocumentText
{
    public static JsonObject Fields(NitroDocument document)
    {
        var fields = new JsonObject
        {
            ["module_id"] = document.ModuleId,
            ["digest"] = document.Digest,
            ["timestamp"] = document.Timestamp.ToString("o", CultureInfo.InvariantCulture),
            ["algorithm"] = document.Message.Algorithm.Name,
            ["debug"] = document.IsDebug,
        };
        foreach (var (number, value) in document.Registers.OrderBy(register => register.Key))
        {
            if (number <= 2 || value.AsSpan().ContainsAnyExcept((byte)0))
                fields[string.Create(CultureInfo.InvariantCulture, $"pcr{number}")] = Hex(value);
        }

        fields["public_key"] = Hex(document.PublicKey);
        fields["user_data"] = Hex(document.UserData);
        fields["nonce"] = Hex(document.Nonce);
        fields["certificate"] = Certificate(document.Certificate);
        for (var i = 0; i < document.Authorities.Count; i++)
            fields[string.Create(CultureInfo.InvariantCulture, $"cabundle[{i}]")] = Certificate(document.Authorities[i]);
        return fields;
    }

    private static string Certificate(byte[] der)
    {
        try
        {
            var certificate = Formats.X509.Certificate.Parse(der);
            var key = VerificationKey.Digest(certificate.SubjectPublicKeyInfo.Span);
            return string.Create(
                CultureInfo.InvariantCulture, $"{certificate.Subject}, {certificate.NotBefore:u} to {certificate.NotAfter:u}, key {key}");
        }
        catch (MalformedDataException error)
        {
            return $"(no certificate: {error.Message})";
        }
    }

    private static string Hex(byte[]? value) => value is null ? "(absent)" : Convert.ToHexStringLower(value);
}
