using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Azure;

/// <summary>The runtime data of an HCL report: the vTPM's attestation key and the user data (evidence.md 8.1). Members that are not used are left alone: the hash covers them.</summary>
public sealed record HclRuntimeData
{
    private const string Structure = "azure.runtime_data";
    private const int ModulusSize = 256;
    private const int UserDataSize = 64;

    /// <summary>HCLAkPub: RSA of 2048 bits with exponent 65537.</summary>
    public required RSAParameters AttestationKey { get; init; }

    /// <summary>64 bytes; null when there are none.</summary>
    public required byte[]? UserData { get; init; }

    /// <exception cref="MalformedDataException">The JSON does not hold one such key.</exception>
    public static HclRuntimeData Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, HclReport.MaxSize);
        var root = new JsonFields(Structure, document.RootElement);
        var keys = root.Any("keys");
        if (keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > 8)
            throw root.Malformed("keys", "must be an array of at most 8");

        RSAParameters? found = null;
        foreach (var element in keys.EnumerateArray())
        {
            var key = new JsonFields(Structure + ".keys", element);
            if (key.Text("kid", 64) != "HCLAkPub")
                continue;
            if (found is not null)
                throw root.Malformed("keys", "holds HCLAkPub twice");

            found = ReadKey(key);
        }

        return new()
        {
            AttestationKey = found ?? throw root.Malformed("keys", "does not hold HCLAkPub"),
            UserData = root.FindText("user-data", 2 * UserDataSize) is { Length: > 0 } hex ? ReadUserData(root, hex) : null,
        };
    }

    private static RSAParameters ReadKey(JsonFields key)
    {
        var (modulus, exponent) = (key.Base64Url("n", ModulusSize), key.Base64Url("e", 4));
        if (key.Text("kty", 8) != "RSA" || modulus.Length != ModulusSize || modulus[0] < 0x80 || !exponent.AsSpan().SequenceEqual<byte>([1, 0, 1]))
            throw key.Malformed("kty", "must be RSA of 2048 bits with exponent 65537");

        return new() { Modulus = modulus, Exponent = exponent };
    }

    private static byte[] ReadUserData(JsonFields root, string hex)
    {
        var bytes = new byte[UserDataSize];
        return HexText.TryDecode(hex, bytes)
            ? bytes : throw root.Malformed("user-data", $"must be {2 * UserDataSize} hexadecimal digits of one case");
    }
}
