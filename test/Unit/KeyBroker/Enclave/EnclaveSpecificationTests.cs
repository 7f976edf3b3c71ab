using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats;
using Nacre.Formats.Json;
using Nacre.KeyBroker.Plugins.Enclave;

namespace Nacre.UnitTests.KeyBroker.Enclave;

[Trait("Group", "TrustEnclave")]
public sealed class EnclaveSpecificationTests
{
    private const string Identities = """ "identities":[{"tee":"sample","measurement":"abcde"}] """;
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Theory]
    [InlineData("""{"kind":"sm2",ID}""", "sm2")]
    [InlineData("""{"kind":"aes","bits":64,ID}""", "128, 192, 256")]
    [InlineData("""{"kind":"rsa","bits":1024,ID}""", "2048")]
    [InlineData("""{"kind":"aes","curve":"P-256",ID}""", "curve")]
    [InlineData("""{"kind":"ec","curve":"P-224",ID}""", "P-256")]
    [InlineData("""{"kind":"x509",ID}""", "subject")]
    [InlineData("""{"kind":"x509","subject":"a,O=b",ID}""", "common name")]
    [InlineData("""{"kind":"x509","subject":"a\"b",ID}""", "common name")]
    [InlineData("""{"kind":"x509","subject":"a","hosts":["a b"],ID}""", "DNS names")]
    [InlineData("""{"kind":"x509","subject":"a","days":0,ID}""", "1 to 3650")]
    [InlineData("""{"kind":"x509","subject":"a","authority":"../ca",ID}""", "authority")]
    [InlineData("""{"kind":"x509","subject":"a","bits":2048,"curve":"P-256",ID}""", "give one")]
    [InlineData("""{"kind":"ca","subject":"a",ID}""", "nobody gets its key")]
    [InlineData("""{"kind":"aes","identities":[]}""", "at least one program")]
    [InlineData("""{"kind":"aes"}""", "identities")]
    [InlineData("""{"kind":"aes","expires":"tomorrow",ID}""", "expires")]
    [InlineData("""{"kind":"aes","share":true,ID}""", "share")]
    public void What_makes_no_sense_is_refused(string json, string what) =>
        Assert.Contains(what, Assert.Throws<MalformedDataException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"kind":"aes","bits":128,ID,"expires":"2027-01-31T12:00:00Z"}""")]
    [InlineData("""{"kind":"rsa","bits":2048,ID}""")]
    [InlineData("""{"kind":"ec","curve":"P-384",ID}""")]
    [InlineData("""{"kind":"x509","curve":"P-256","subject":"a b","hosts":["a.example","::1"],"days":30,"authority":"ca",ID}""")]
    [InlineData("""{"kind":"ca","subject":"a","days":40}""")]
    [InlineData("""{"kind":"data",ID}""")]
    public void What_is_stored_is_what_was_asked_for(string json) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Fill(json)), Parse(json).ToJson()), Parse(json).ToJson().ToJsonString());

    [Fact]
    public void Keys_are_of_the_kind_and_their_public_part_is_theirs()
    {
        using var aes = Make("""{"kind":"aes",ID}""");
        Assert.Equal(32, aes.Private.Reveal().Length);
        Assert.Null(aes.Public);

        using var rsa = RSA.Create();
        using var version = Make("""{"kind":"rsa","bits":2048,ID}""");
        rsa.ImportFromPem(Encoding.ASCII.GetString(version.Private.Reveal()));
        Assert.Equal(rsa.ExportSubjectPublicKeyInfoPem() + "\n", version.Public);

        using var ec = ECDsa.Create();
        using var other = Make("""{"kind":"ec","curve":"P-521",ID}""");
        ec.ImportFromPem(Encoding.ASCII.GetString(other.Private.Reveal()));
        Assert.Equal((521, ec.ExportSubjectPublicKeyInfoPem() + "\n"), (ec.KeySize, other.Public));
    }

    [Theory]
    [InlineData("\"curve\":\"P-256\"")]
    [InlineData("\"bits\":2048")]
    public void A_certificate_is_that_of_its_key_under_the_authority(string key)
    {
        using var authority = Make("""{"kind":"ca","subject":"payments CA","days":100}""");
        using var leaf = Make($$"""{"kind":"x509",{{key}},"subject":"payments","hosts":["db.example","10.0.0.1"],"days":365,"authority":"ca",ID}""", authority);

        using var ca = X509Certificate2.CreateFromPem(authority.Public);
        using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(leaf.Private.Reveal()), Encoding.ASCII.GetString(leaf.Private.Reveal()));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = s_now.UtcDateTime;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        Assert.True(chain.Build(certificate), string.Join(", ", chain.ChainStatus.Select(one => one.StatusInformation)));
        Assert.True(certificate.MatchesHostname("db.example"));
        Assert.True(certificate.MatchesHostname("10.0.0.1"));
        Assert.Equal(ca.NotAfter, certificate.NotAfter);
        Assert.DoesNotContain("PRIVATE", leaf.Public, StringComparison.Ordinal);
        Assert.EndsWith(authority.Public!, leaf.Public, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_comes_back_from_the_store_as_it_was()
    {
        using var secret = new EnclaveSecret(
            new EnclaveName("payments", "key"), Parse("""{"kind":"aes",ID,"expires":"2028-01-31T12:00:00Z"}"""), s_now, "owner",
            [Make("""{"kind":"aes",ID}"""), Make("""{"kind":"aes",ID}""") with { Number = 2 }]);

        using var read = EnclaveSecretText.Read(secret.Name, EnclaveSecretText.Write(secret));

        Assert.Equal(secret.Describe().ToJsonString(), read.Describe().ToJsonString());
        Assert.Equal(secret.Current.Private.Reveal(), read.Current.Private.Reveal());
        Assert.DoesNotContain(Convert.ToBase64String(secret.Current.Private.Reveal()), secret.Describe().ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("expired", secret.FindProblem([], s_now.AddYears(3)), StringComparison.Ordinal);
    }

    private static EnclaveVersion Make(string json, EnclaveVersion? authority = null) => EnclaveMaker.Make(Parse(json), [], authority, 1, s_now);

    private static EnclaveSpecification Parse(string json) =>
        EnclaveSpecification.Parse(new JsonFields("test", JsonDocument.Parse(Fill(json)).RootElement));

    private static string Fill(string json) => json.Replace("ID", Identities, StringComparison.Ordinal);
}
