using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Admin;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Administrators with a client certificate have the role of its names, and nobody else is asked for one.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class ClientCertificateTests : IDisposable
{
    private readonly X509Certificate2 _authority = OwnCertificateAuthority.Create("administrators", TimeProvider.System.GetUtcNow().AddDays(-10));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Names_decide_the_role_and_the_record_has_subject_and_serial()
    {
        await using var stage = await StartAsync("cn:alice=policy-author", "uri:spiffe://example/ops/*=secret-writer", "dns:audit-*=auditor", "uri:spiffe://example/all=admin");
        using var alice = Issue("CN=alice, O=Example");
        Assert.Equal((true, false), await MayAsync(stage, alice));
        using var ops = Issue("CN=ops", uri: "spiffe://example/ops/1");
        Assert.Equal((false, true), await MayAsync(stage, ops));
        using var all = Issue("CN=all", uri: "spiffe://example/all");
        Assert.Equal((true, true), await MayAsync(stage, all));

        using var auditor = new KbsAdminClient(stage.Connect(stage.Server.Url, Issue("CN=x", dns: "audit-1.example")), null);
        var lines = (await auditor.ListAuditAsync(null, null, Cancel))["lines"]!.AsArray();
        Assert.Contains(lines, line => (string?)line!["who"] == $"policy-author {alice.Subject} serial {alice.SerialNumber}");
    }

    [Fact]
    public async Task Near_misses_have_no_role()
    {
        await using var stage = await StartAsync("cn:alice=admin", "uri:spiffe://example/ops/*=admin", "dns:audit-*=admin", "dns:a.example=admin");
        X509Certificate2[] strangers =
        [
            Issue("CN=alice2"), Issue("CN=Alice"), Issue("O=alice"), Issue("CN=alice, CN=bob"), Issue("CN=bob", dns: "alice"),
            Issue("CN=bob", uri: "spiffe://example/ops2/1"), Issue("CN=bob", uri: "spiffe://example/ops"),
            Issue("CN=bob", dns: "spiffe://example/ops/1"), Issue("CN=bob", dns: "b.a.example"), Issue("CN=a.example"), Issue("CN=audit-1"),
        ];
        foreach (var stranger in strangers)
        {
            using var admin = new KbsAdminClient(stage.Connect(stage.Server.Url, stranger), null);
            var refusal = await Assert.ThrowsAsync<KbsException>(() => admin.ListResourcesAsync(Cancel));
            Assert.Equal((stranger.Subject, HttpStatusCode.Unauthorized), (stranger.Subject, refusal.Status));
            Assert.Contains("has no role here", refusal.Detail, StringComparison.Ordinal);
            stranger.Dispose();
        }
    }

    [Fact]
    public async Task Others_certificates_end_the_connection_and_guests_need_none()
    {
        await using var stage = await StartAsync("cn:alice=admin");
        await stage.AffirmSampleAsync();
        using (var guest = stage.SampleGuest())
            (await guest.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();
        using var anonymous = new KbsAdminClient(stage.Connect(), null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<KbsException>(() => anonymous.ListResourcesAsync(Cancel))).Status);

        using var other = OwnCertificateAuthority.Create("administrators", TimeProvider.System.GetUtcNow().AddDays(-10));
        using var server = Issue("CN=alice", usage: "1.3.6.1.5.5.7.3.1");
        using var ended = Issue("CN=alice", days: -1);
        using var foreign = Issue("CN=alice", authority: other);
        foreach (var bad in (X509Certificate2[])[server, ended, foreign])
        {
            using var admin = new KbsAdminClient(stage.Connect(stage.Server.Url, bad), null);
            Assert.Equal(KbsFailure.Unavailable, (await Assert.ThrowsAsync<KbsException>(() => admin.ListResourcesAsync(Cancel))).Failure);
        }

        using var alice = Issue("CN=alice");
        using var mixed = new KbsAdminClient(stage.Connect(stage.Server.Url, alice), "a token that is not good");
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<KbsException>(() => mixed.ListResourcesAsync(Cancel))).Status);
        using var kept = new KbsAdminClient(stage.Connect(stage.Server.Url, alice), null);
        await kept.ListResourcesAsync(Cancel);
        stage.Clock.Skip(TimeSpan.FromDays(3));
        Assert.Contains("expired", (await Assert.ThrowsAsync<KbsException>(() => kept.ListResourcesAsync(Cancel))).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_is_for_one_tenant()
    {
        await using var stage = await StartAsync("cn:alice=admin@a", "cn:bob=admin");
        using var a = await TenantScene.CreateAsync(stage, "a", Cancel);
        using var b = await TenantScene.CreateAsync(stage, "b", Cancel);
        foreach (var (name, at, may) in ((string, Uri, bool)[])
            [("alice", TenantScene.UrlOf(stage, "a"), true), ("alice", TenantScene.UrlOf(stage, "b"), false), ("alice", stage.Server.Url, false), ("bob", stage.Server.Url, true), ("bob", TenantScene.UrlOf(stage, "a"), false)])
        {
            using var certificate = Issue($"CN={name}");
            using var admin = new KbsAdminClient(stage.Connect(at, certificate), null);
            if (may)
                await admin.ListResourcesAsync(Cancel);
            else
                Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<KbsException>(() => admin.ListResourcesAsync(Cancel))).Status);
        }
    }

    [Fact]
    public async Task The_command_line_shows_it()
    {
        await using var stage = await StartAsync("cn:alice=viewer");
        using var alice = Issue("CN=alice");
        var file = Path.Combine(stage.Directory, "alice.pem");
        using (var key = alice.GetECDsaPrivateKey()!)
            await File.WriteAllTextAsync(file, $"{alice.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", Cancel);

        (await NacreProgram.RunAsync(
            ["secret", "list", "--url", stage.Server.Url.ToString(), "--cacert", TrustServer.CaPath(stage.Directory), "--client-cert", file])).AssertDone();
    }

    [Theory]
    [InlineData("alice=admin")]
    [InlineData("cn:=admin")]
    [InlineData("cn:alice=root")]
    [InlineData("cn:alice=admin@B")]
    [InlineData("ip:127.0.0.1=admin")]
    [InlineData("dns:*=admin")]
    [InlineData("dns:a*b=admin")]
    [InlineData("uri:spiffe://example/ops*=admin")]
    public void Rules_that_say_nothing_clear_are_none(string text) => Assert.Null(CertificateRole.Parse(text));

    private Task<TrustStage> StartAsync(params string[] roles) => TrustStage.StartAsync(
        certificates: new AdminCertificates([_authority], [.. roles.Select(role => CertificateRole.Parse(role)!)]));

    private static async Task<(bool Policy, bool Secret)> MayAsync(TrustStage stage, X509Certificate2 certificate)
    {
        using var admin = new KbsAdminClient(stage.Connect(stage.Server.Url, certificate), null);
        return (await MayAsync(() => admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nallow := true", Cancel)),
            await MayAsync(() => admin.PutResourceAsync(TrustStage.Secret, SecretBytes.Copy("x"u8), Cancel)));
    }

    private static async Task<bool> MayAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (KbsException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            return false;
        }
    }

    private X509Certificate2 Issue(
        string subject, string? dns = null, string? uri = null, X509Certificate2? authority = null, string usage = "1.3.6.1.5.5.7.3.2", int days = 2)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        if (dns is not null)
            names.AddDnsName(dns);
        if (uri is not null)
            names.AddUri(new Uri(uri));
        if (dns is not null || uri is not null)
            request.CertificateExtensions.Add(names.Build());
        var end = TimeProvider.System.GetUtcNow().AddDays(days);
        using var certificate = request.Create(authority ?? _authority, end.AddDays(-2).AddMinutes(-30), end, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
