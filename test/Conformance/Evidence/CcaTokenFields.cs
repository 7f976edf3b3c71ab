using System.Text.Json;
using Nacre.Evidence.Cca;
using Nacre.Verifiers;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Compares a parsed token with the values a manifest expects, claim by claim.</summary>
internal static class CcaTokenFields
{
    public static void Check(CcaToken token, Verdict verdict, JsonElement expected)
    {
        foreach (var member in expected.EnumerateObject())
        {
            switch (member.Name)
            {
                case "outer_tag":
                    Assert.Equal(member.Value.GetUInt64(), token.CollectionTag);
                    break;
                case "trailing":
                    Assert.Equal(0, member.Value.GetInt32());
                    break;
                case "wrapping":
                    Assert.Equal(token.CollectionTag == CcaToken.LegacyCollection ? "bstr" : "array [263, bstr]", member.Value.GetString());
                    break;
                case "platform_alg":
                    Assert.Equal(member.Value.GetInt64(), token.Platform.Message.Algorithm.Id);
                    break;
                case "realm_alg":
                    Assert.Equal(member.Value.GetInt64(), token.Realm.Message.Algorithm.Id);
                    break;
                case "rak_form":
                    Assert.Equal(token.Realm.Claims.Profile is null ? "raw uncompressed point" : "COSE_Key", member.Value.GetString());
                    break;
                case "realm_signature":
                    Assert.Equal(member.Value.GetBoolean(), Passed(verdict, "cca.realm.signature"));
                    break;
                case "binding_ok":
                    Assert.Equal(member.Value.GetBoolean(), Passed(verdict, "cca.binding"));
                    break;
                case "platform":
                    Compare(member.Value, Platform(token.Platform.Claims));
                    break;
                case "realm":
                    Compare(member.Value, Realm(token.Realm.Claims));
                    break;
                default:
                    Assert.Fail($"the expected value '{member.Name}' is not known");
                    break;
            }
        }
    }

    private static void Compare(JsonElement expected, Dictionary<string, string?> actual)
    {
        foreach (var claim in expected.EnumerateObject())
        {
            Assert.True(actual.ContainsKey(claim.Name), $"the claim '{claim.Name}' is not read");
            Assert.Equal($"{claim.Name}={Text(claim.Value)}", $"{claim.Name}={actual[claim.Name]}");
        }
    }

    private static Dictionary<string, string?> Platform(CcaPlatformClaims claims) => new()
    {
        ["265"] = claims.Profile,
        ["10"] = Hex(claims.Challenge),
        ["2396"] = Hex(claims.ImplementationId),
        ["256"] = Hex(claims.InstanceId),
        ["2401"] = Hex(claims.Configuration),
        ["2395"] = claims.RawLifecycle.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["2402"] = claims.HashAlgorithm,
        ["2400"] = claims.VerificationService,
        ["2399"] = string.Join(',', claims.Software.Select(component => string.Join(',', new (string Label, string? Value)[]
        {
            ("1", component.Type), ("2", Hex(component.Measurement)), ("4", component.Version), ("5", Hex(component.SignerId)), ("6", component.HashAlgorithm),
        }.Where(field => field.Value is not null).Select(field => $"{field.Label}={field.Value}").Order(StringComparer.Ordinal)))),
    };

    private static Dictionary<string, string?> Realm(CcaRealmClaims claims) => new()
    {
        ["265"] = claims.Profile,
        ["10"] = Hex(claims.Challenge),
        ["44235"] = Hex(claims.PersonalizationValue),
        ["44236"] = claims.HashAlgorithm,
        ["44237"] = Hex(claims.PublicKey),
        ["44238"] = Hex(claims.InitialMeasurement),
        ["44239"] = string.Join(',', claims.ExtensibleMeasurements.Select(Hex)),
        ["44240"] = claims.PublicKeyHashAlgorithm,
        ["256"] = claims.InstanceId is { } instance ? Hex(instance) : null,
        ["44243"] = claims.MemoryEncryption?.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(Text)),
        JsonValueKind.Object => string.Join(
            ',', value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{member.Name}={Text(member.Value)}")),
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static string Hex(byte[] value) => Convert.ToHexStringLower(value);

    private static bool Passed(Verdict verdict, string id) => verdict.Checks.Any(check => check.Id == id && check.Outcome == CheckOutcome.Passed);
}
