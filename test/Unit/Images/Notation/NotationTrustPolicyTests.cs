using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Formats.X509;
using Nacre.Images;
using Nacre.Images.Policy.Notation;
using Nacre.Images.References;

namespace Nacre.UnitTests.Images.Notation;

[Trait("Group", "ImagesNotation")]
public sealed class NotationTrustPolicyTests
{
    private const string Identity = "x509.subject: C=US, ST=WA, O=acme.example";
    private static readonly DistinguishedName s_subject = Name("CN=\"a, b\", OU=Build, O=acme.example, L=Seattle, ST=WA, C=US");

    [Fact]
    public void The_exact_repository_comes_before_all_the_others()
    {
        var policy = NotationTrustPolicy.Parse(Encoding.UTF8.GetBytes($$"""
            {"version":"1.0","trustPolicies":[{{Policy("all", "*")}},{{Policy("one", "r.example/a/b")}}]}
            """), "test");
        Assert.Equal("one", policy.Find(ImageReference.Parse("r.example/a/b:1"))!.Name);
        Assert.Equal("all", policy.Find(ImageReference.Parse("r.example/a/b/c"))!.Name);
        Assert.Equal("all", policy.Find(ImageReference.Parse("busybox"))!.Name);

        var narrow = NotationTrustPolicy.Parse(Encoding.UTF8.GetBytes($$"""{"version":"1.0","trustPolicies":[{{Policy("one", "docker.io/library/busybox")}}]}"""), "test");
        Assert.NotNull(narrow.Find(ImageReference.Parse("busybox@sha256:" + new string('a', 64))));
        Assert.Null(narrow.Find(ImageReference.Parse("r.example/a")));
    }

    [Theory]
    [InlineData("{}", "'version' is missing")]
    [InlineData("""{"version":"1.1","trustPolicies":[]}""", "'version' is '1.1'")]
    [InlineData("""{"version":"1.0","trustPolicies":[]}""", "'trustPolicies' is empty")]
    [InlineData("""{"version":"1.0","trustPolicies":[],"more":1}""", "the member 'more' is not known")]
    public void Documents_that_are_none(string json, string expected) => Refuses(json, expected);

    [Theory]
    [InlineData("\"name\":\"p\"", "\"name\":\"\"", "'name' is empty")]
    [InlineData("[\"*\"]", "[]", "'registryScopes' is empty")]
    [InlineData("[\"*\"]", "[\"*\",\"a.example/b\"]", "the scope '*'")]
    [InlineData("[\"*\"]", "[\"busybox\"]", "the scope 'busybox'")]
    [InlineData("[\"*\"]", "[\"a.example/*\"]", "the scope 'a.example/*'")]
    [InlineData("[\"*\"]", "[\"a.example/b:1\"]", "the scope 'a.example/b:1'")]
    [InlineData("[\"*\"]", "[\"a.example/b\",\"a.example/b\"]", "stands in two places")]
    [InlineData("strict", "lax", "the level 'lax'")]
    [InlineData("{\"level\":\"strict\"}", "{\"level\":\"strict\",\"override\":{\"integrity\":\"log\"}}", "'override' has 'integrity'")]
    [InlineData("{\"level\":\"strict\"}", "{\"level\":\"strict\",\"override\":{\"expiry\":\"skip\"}}", "the action 'skip'")]
    [InlineData("{\"level\":\"strict\"}", "{\"level\":\"strict\",\"verifyTimestamp\":\"never\"}", "'verifyTimestamp' is 'never'")]
    [InlineData("{\"level\":\"strict\"}", "{\"level\":\"skip\"}", "must not be for all repositories")]
    [InlineData("[\"ca:s\"]", "[]", "must not be empty")]
    [InlineData("[\"ca:s\"]", "[\"s\"]", "the trust store 's'")]
    [InlineData("[\"ca:s\"]", "[\"ca:../s\"]", "the trust store 'ca:../s'")]
    [InlineData("[\"ca:s\"]", "[\"tsa:s\"]", "no store of kind ca or signingAuthority")]
    [InlineData(Identity, "*\",\"" + Identity, "the trusted identity '*'")]
    [InlineData(Identity, "x509.issuer: C=US", "must begin with 'x509.subject:'")]
    [InlineData(Identity, "x509.subject: C=US, ST=WA", "has no O")]
    [InlineData(Identity, "x509.subject: C=US, ST=WA, O=a, X=b", "has the attribute 'X'")]
    [InlineData(Identity, "x509.subject: C=US, ST=WA, O=a, O=b", "has 'O' twice")]
    [InlineData(Identity, "x509.subject: C=US, ST=WA, O=a;b", "must be escaped")]
    [InlineData(Identity, "x509.subject: C=US, ST=WA, O", "has a part without '='")]
    [InlineData(Identity, Identity + "\",\"" + Identity + ", OU=x", "covers")]
    public void Policies_that_are_not_clear(string part, string instead, string expected) =>
        Refuses($$"""{"version":"1.0","trustPolicies":[{{Policy("p", "*").Replace(part, instead, StringComparison.Ordinal)}}]}""", expected);

    [Theory]
    [InlineData("C=US, ST=WA, O=acme.example", true)]
    [InlineData("C=US,S=WA,O=acme.example", true)]
    [InlineData("O=acme.example, CN=a\\, b, ST=WA, C=US, OU=Build, L=Seattle", true)]
    [InlineData("C=US, ST=WA, O=ACME.example", false)]
    [InlineData("C=US, ST=WA, O=acme", false)]
    [InlineData("C=US, ST=WA, O=acme.example, OU=Other", false)]
    [InlineData("C=US, ST=WA, O=acme.example, STREET=x", false)]
    public void Identities_are_compared_attribute_by_attribute(string names, bool matches)
    {
        Assert.Equal(matches, TrustedIdentity.Parse($"x509.subject: {names}", "test").Matches(s_subject));
        Assert.False(TrustedIdentity.Parse($"x509.subject: {names}", "test").Matches(Name("CN=x, O=acme.example, O=acme.example, ST=WA, C=US")));
    }

    [Fact]
    public void Stores_are_directories_of_authorities_and_nothing_else()
    {
        var root = Directory.CreateTempSubdirectory("nacre-notation-").FullName;
        try
        {
            using var authority = new NotationAuthority();
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var signer = authority.IssueSigner(key);
            authority.WriteTrustStore(root);
            Assert.Equal(authority.Root.RawData, Assert.Single(Read("acme")).Raw);

            var store = Path.Combine(root, "x509", "ca", "acme");
            File.WriteAllBytes(Path.Combine(store, "der.cer"), authority.Middle.RawData);
            File.WriteAllText(Path.Combine(store, "README"), "not read");
            Assert.Equal(2, Read("acme").Count);

            File.WriteAllText(Path.Combine(store, "leaf.pem"), signer.ExportCertificatePem());
            Assert.Contains("neither an authority nor self-signed", Assert.Throws<ImageException>(() => Read("acme")).What, StringComparison.Ordinal);
            File.Delete(Path.Combine(store, "leaf.pem"));
            File.CreateSymbolicLink(Path.Combine(store, "link.crt"), Path.Combine(store, "root.crt"));
            Assert.Contains("symbolic link", Assert.Throws<ImageException>(() => Read("acme")).What, StringComparison.Ordinal);
            Directory.CreateSymbolicLink(Path.Combine(root, "x509", "ca", "link"), store);
            Assert.Contains("symbolic link", Assert.Throws<ImageException>(() => Read("link")).What, StringComparison.Ordinal);
            Directory.CreateDirectory(Path.Combine(root, "x509", "ca", "empty"));
            Assert.Contains("0 files", Assert.Throws<ImageException>(() => Read("empty")).What, StringComparison.Ordinal);
            Assert.Contains("there is no trust store", Assert.Throws<ImageException>(() => Read("missing")).What, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        IReadOnlyList<Certificate> Read(string name) => NotationTrustStore.Read(root, new("ca", name));
    }

    private static void Refuses(string json, string expected)
    {
        var error = Assert.Throws<ImageException>(() => NotationTrustPolicy.Parse(Encoding.UTF8.GetBytes(json), "test"));
        Assert.Equal(ImageFault.PolicyInvalid, error.Fault);
        Assert.Contains(expected, error.What, StringComparison.Ordinal);
    }

    private static string Policy(string name, string scope) => $$"""
        {"name":"{{name}}","registryScopes":["{{scope}}"],"signatureVerification":{"level":"strict"},"trustStores":["ca:s"],"trustedIdentities":["{{Identity}}"]}
        """;

    private static DistinguishedName Name(string text)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(text, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        return Certificate.Parse(certificate.RawData).Subject;
    }
}
