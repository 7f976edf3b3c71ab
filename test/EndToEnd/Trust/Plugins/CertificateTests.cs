using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>Certificates for attested guests, held against OpenSSL.</summary>
[Trait("Group", "TrustPlugins")]
public sealed class CertificateTests : IDisposable
{
    private const string Settings = """
        name = "certificates"
        trust_domain = "example.org"
        permitted_dns = ["svc.example.org"]
        crl_url = "http://crl.example.org/ca.crl"
        profiles = [
          { name = "vm", server = true, dns = ["{init_data_claims/vm}.svc.example.org"], spiffe_id = "spiffe://example.org/vm/{init_data_claims/vm}/{sample/svn}" },
          { name = "brief", spiffe_id = "spiffe://example.org/brief", life_minutes = 1 },
          { name = "foreign", spiffe_id = "spiffe://example.com/x" },
          { name = "host", spiffe_id = "spiffe://example.org/x", dns = ["{init_data_claims/vm}.example.com"] },
        ]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-certificates-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_gets_a_certificate_with_its_name_and_a_key()
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest("vm = \"web-1\"");
        var answer = await IssueAsync(stage, guest, "vm");

        using var certificate = X509Certificate2.CreateFromPem((string)answer["certificate"]!, (string)answer["private_key"]!);
        Assert.True(certificate.HasPrivateKey);
        Assert.Equal("CN=vm", certificate.Subject);
        Assert.Equal(TimeSpan.FromMinutes(65), certificate.NotAfter - certificate.NotBefore);
        var text = await OpenSslAsync("x509", "-in", Write("vm.pem", (string)answer["certificate"]!), "-noout", "-text");
        Assert.Contains("URI:spiffe://example.org/vm/web-1/1, DNS:web-1.svc.example.org", text, StringComparison.Ordinal);
        Assert.Contains("http://crl.example.org/ca.crl", text, StringComparison.Ordinal);

        var ca = Write("ca.pem", Encoding.ASCII.GetString((await stage.AdminAsync(HttpMethod.Get, "certificates/ca.pem")).Body));
        Assert.Equal(await File.ReadAllTextAsync(ca, Cancel), (string?)answer["ca"]);
        var verdict = await OpenSslAsync("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca, Path.Combine(_folder, "vm.pem"));
        Assert.Contains("OK", verdict, StringComparison.Ordinal);
        var authority = await OpenSslAsync("x509", "-in", ca, "-noout", "-text");
        Assert.Contains("Name Constraints: critical", authority, StringComparison.Ordinal);
        Assert.Matches("URI:spiffe://example\\.org\n", authority);

        var issued = (await stage.AdminJsonAsync(HttpMethod.Get, "certificates/issued"))["certificates"]!.AsArray();
        Assert.Equal(
            (certificate.SerialNumber.ToLowerInvariant(), "spiffe://example.org/vm/web-1/1"),
            ((string)issued.Single()!["serial"]!, (string)issued.Single()!["spiffe_id"]!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_of_the_guests_own_is_certified_under_the_names_that_its_claims_give(bool isRsa)
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest("vm = \"web-1\"");
        using var elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        var request = isRsa
            ? new CertificateRequest("CN=admin", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=admin", elliptic, HashAlgorithmName.SHA256);
        var wanted = new SubjectAlternativeNameBuilder();
        wanted.AddDnsName("admin.svc.example.org");
        request.CertificateExtensions.Add(wanted.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));

        var answer = JsonNode.Parse(await stage.GuestAsync(
            guest, HttpMethod.Post, "certificates/issue/vm", Encoding.ASCII.GetBytes(request.CreateSigningRequestPem())))!;

        using var certificate = X509Certificate2.CreateFromPem((string)answer["certificate"]!);
        Assert.Null(answer["private_key"]);
        Assert.Equal(isRsa ? rsa.ExportSubjectPublicKeyInfo() : elliptic.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal("CN=vm", certificate.Subject);
        Assert.Equal(
            ["web-1.svc.example.org"], certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
    }

    [Fact]
    public async Task A_request_that_proves_no_key_or_a_weak_one_is_400()
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest("vm = \"web-1\"");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var weak = RSA.Create(1024);
        var broken = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        broken[^3] ^= 1;

        var weakRequest = new CertificateRequest("CN=x", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (var body in (byte[][])[[], [1, 2, 3], broken, weakRequest.CreateSigningRequest(), new byte[20_000]])
        {
            var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Post, "certificates/issue/vm", body));
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, refusal.Status);
        }

        Assert.Empty((await stage.AdminJsonAsync(HttpMethod.Get, "certificates/issued"))["certificates"]!.AsArray());
    }

    [Theory]
    [InlineData("vm", null, KbsFailure.Denied)] // no such claim
    [InlineData("vm", "vm = \"../x\"", KbsFailure.Denied)]
    [InlineData("vm", "vm = \"a_b\"", KbsFailure.Denied)] // no DNS name
    [InlineData("foreign", null, KbsFailure.Denied)]
    [InlineData("host", "vm = \"web-1\"", KbsFailure.Denied)]
    [InlineData("absent", null, KbsFailure.NotFound)]
    public async Task Names_that_the_authority_may_not_give_are_refused(string profile, string? initData, KbsFailure failure)
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest(initData);

        Assert.Equal(failure, (await Assert.ThrowsAsync<KbsException>(() => IssueAsync(stage, guest, profile))).Failure);
    }

    [Fact]
    public async Task A_policy_for_a_profile_decides_who_gets_it()
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        await stage.Trust.Admin.SetPolicyAsync(
            PolicyKind.Resource, "certificates/issue/brief", "package policy\n\ndefault allow := false\n", Cancel);
        using var guest = stage.Guest("vm = \"web-1\"");

        Assert.Equal(KbsFailure.Denied, (await Assert.ThrowsAsync<KbsException>(() => IssueAsync(stage, guest, "brief"))).Failure);
        Assert.NotNull((await IssueAsync(stage, guest, "vm"))["certificate"]);
    }

    [Fact]
    public async Task A_revoked_certificate_is_on_the_list_that_openssl_checks()
    {
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest("vm = \"web-1\"");
        var (good, bad) = (await IssueAsync(stage, guest, "vm"), await IssueAsync(stage, guest, "vm"));
        using var revoked = X509Certificate2.CreateFromPem((string)bad["certificate"]!);
        await ListAsync(stage);
        for (var i = 0; i < 2; i++)
            Assert.Equal(200, (await stage.AdminAsync(HttpMethod.Post, $"certificates/revoke/{revoked.SerialNumber}")).Status);
        Assert.Equal(404, (await stage.AdminAsync(HttpMethod.Post, "certificates/revoke/0123")).Status);

        var (ca, list) = (Write("ca.pem", (string)good["ca"]!), await ListAsync(stage));
        var (goodFile, badFile) = (Write("good.pem", (string)good["certificate"]!), Write("bad.pem", (string)bad["certificate"]!));
        Assert.Contains("OK", await OpenSslAsync("verify", "-crl_check", "-CAfile", ca, "-CRLfile", list, goodFile), StringComparison.Ordinal);
        Assert.Contains(
            "certificate revoked", await OpenSslAsync("verify", "-crl_check", "-CAfile", ca, "-CRLfile", list, badFile), StringComparison.Ordinal);
        Assert.Single(
            (await stage.AdminJsonAsync(HttpMethod.Get, "certificates/issued"))["certificates"]!.AsArray(), one => one!["revoked"] is not null);
    }

    [Fact]
    public async Task The_authority_stays_and_is_not_used_for_other_names()
    {
        var data = Path.Combine(_folder, "data");
        string first;
        await using (var stage = await PluginStage.StartAsync(Settings, data))
            first = Encoding.ASCII.GetString((await stage.AdminAsync(HttpMethod.Get, "certificates/ca.pem")).Body);
        await using (var stage = await PluginStage.StartAsync(Settings, data))
            Assert.Equal(first, Encoding.ASCII.GetString((await stage.AdminAsync(HttpMethod.Get, "certificates/ca.pem")).Body));

        var other = Settings.Replace("\"svc.example.org\"", "\"example.org\"", StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<TrustServerException>(() => PluginStage.StartAsync(other, data));
        Assert.Contains("give a new one another name", refusal.Message, StringComparison.Ordinal);
        await using var renamed = await PluginStage.StartAsync(other + "\nauthority = \"second\"", data);
        Assert.NotEqual(first, Encoding.ASCII.GetString((await renamed.AdminAsync(HttpMethod.Get, "certificates/ca.pem")).Body));
    }

    [Fact]
    public async Task An_authority_of_the_owners_own_issues_from_its_files()
    {
        using var key = RSA.Create(3072);
        var request = new CertificateRequest("CN=Corporate", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddMinutes(30));
        var (ca, keyFile) = (Write("own.pem", authority.ExportCertificatePem()), Write("own.key", key.ExportPkcs8PrivateKeyPem()));
        await using var stage = await PluginStage.StartAsync($"{Settings}\nca_cert = \"{ca}\"\nca_key = \"{keyFile}\"");
        using var guest = stage.Guest("vm = \"web-1\"");
        var answer = await IssueAsync(stage, guest, "vm");

        using var certificate = X509Certificate2.CreateFromPem((string)answer["certificate"]!);
        Assert.Equal(authority.NotAfter, certificate.NotAfter);
        Assert.Contains("OK", await OpenSslAsync("verify", "-CAfile", ca, Write("leaf.pem", (string)answer["certificate"]!)), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<JsonObject> IssueAsync(PluginStage stage, KbsClient guest, string profile) =>
        JsonNode.Parse(await stage.GuestAsync(guest, HttpMethod.Get, $"certificates/issue/{profile}"))!.AsObject();

    private async Task<string> ListAsync(PluginStage stage)
    {
        var (status, der) = await stage.AdminAsync(HttpMethod.Get, "certificates/ca.crl");
        Assert.Equal(200, status);
        return Write("ca.crl", PemEncoding.WriteString("X509 CRL", der));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    // What it says, whatever its exit code.
    private static async Task<string> OpenSslAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return output + await error;
    }
}
