using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.EndToEndTests.Peers;
using Nacre.Formats.X509;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Admin;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Client certificates of administrators that their authority has revoked, by lists that openssl and the framework make.</summary>
[Trait("Group", "TrustAdmin")]
public sealed class RevocationTests : IDisposable
{
    private static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-crl-");
    private readonly X509Certificate2 _authority = OwnCertificateAuthority.Create("administrators", s_now.AddDays(-10));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string ListFile => PathOf("list.crl");

    [Fact]
    public async Task What_openssl_revokes_is_refused_from_then_on()
    {
        await PrepareOpenSslAsync();
        using var alice = Issue("CN=alice");
        using var bob = Issue("CN=bob");
        await RevokeAsync(alice);
        await using var stage = await StartAsync();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => ListAsync(stage, alice));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
        Assert.Contains("the client certificate was revoked", refusal.Detail, StringComparison.Ordinal);
        await ListAsync(stage, bob);

        await RevokeAsync(bob);
        Assert.Contains("was revoked", await AwaitRefusalAsync(stage, bob), StringComparison.Ordinal);
        await stage.Admin.ListResourcesAsync(Cancel);
    }

    [Fact]
    public async Task A_list_that_ended_refuses_all_of_its_authority_until_there_is_another()
    {
        var log = new LogLines();
        using var alice = Issue("CN=alice");
        WriteList(s_now.AddDays(1));
        await using var stage = await StartAsync(log);
        await ListAsync(stage, alice);

        stage.Clock.Skip(TimeSpan.FromDays(2));
        var refusal = await Assert.ThrowsAsync<KbsException>(() => ListAsync(stage, alice));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
        Assert.Contains("the operator must give a current one", refusal.Detail, StringComparison.Ordinal);
        await log.AwaitAsync("Client certificates are refused", Cancel);

        WriteList(s_now.AddDays(20), s_now.AddMinutes(1));
        await AwaitServedAsync(stage, alice);
    }

    [Fact]
    public async Task A_file_that_is_no_good_or_older_leaves_the_list_that_is_in_use()
    {
        var log = new LogLines();
        using var alice = Issue("CN=alice");
        WriteList(s_now.AddDays(9), s_now, alice);
        await using var stage = await StartAsync(log);

        WriteList(s_now.AddDays(9), s_now.AddDays(-1));
        await log.AwaitAsync("older than the one", Cancel);
        await Assert.ThrowsAsync<KbsException>(() => ListAsync(stage, alice));
        await File.WriteAllTextAsync(ListFile, "nothing", Cancel);
        await log.AwaitAsync("cannot be read for revocation", Cancel);
        await Assert.ThrowsAsync<KbsException>(() => ListAsync(stage, alice));
        File.Delete(ListFile);
        await log.AwaitAsync("cannot be read: Could not find", Cancel);
        Assert.Contains("was revoked", (await Assert.ThrowsAsync<KbsException>(() => ListAsync(stage, alice))).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_the_authority_did_not_sign_is_not_started_with()
    {
        using (var other = OwnCertificateAuthority.Create("administrators", s_now.AddDays(-10)))
            await RequireRefusalAsync(MakeList(other, s_now.AddDays(1)), "its signature is not one by the key of");
        using (var stranger = OwnCertificateAuthority.Create("strangers", s_now.AddDays(-10)))
            await RequireRefusalAsync(MakeList(stranger, s_now.AddDays(1)), "none of the authorities");
        var changed = MakeList(_authority, s_now.AddDays(1));
        changed[^1] ^= 1;
        await RequireRefusalAsync(changed, "cannot be believed");
        await RequireRefusalAsync([.. MakeList(_authority, s_now.AddDays(1)), 0], "cannot be read for revocation");
        await RequireRefusalAsync("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"u8.ToArray(), "must be X509 CRL");

        async Task RequireRefusalAsync(byte[] content, string reason)
        {
            await File.WriteAllBytesAsync(ListFile, content, Cancel);
            Assert.Contains(reason, (await Assert.ThrowsAsync<TrustServerException>(() => StartAsync())).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_command_line_takes_lists_and_tries_them()
    {
        await File.WriteAllTextAsync(PathOf("ca.pem"), _authority.ExportCertificatePem(), Cancel);
        WriteList(s_now.AddDays(1));
        string[] arguments =
        [
            "serve", "--data", PathOf("data"), "--admin-client-ca", PathOf("ca.pem"), "--admin-client-role", "cn:alice=admin", "--admin-client-crl",
            ListFile, "--check-config",
        ];

        (await NacreProgram.RunAsync(arguments)).AssertDone();
        await File.WriteAllTextAsync(ListFile, "nothing", Cancel);
        var refused = await NacreProgram.RunAsync(arguments);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("cannot be read for revocation", refused.Output, StringComparison.Ordinal);
        (await NacreProgram.RunAsync(["serve", "--data", PathOf("data"), "--admin-client-crl", ListFile])).AssertFailed(1, "says nothing without");
    }

    [Fact]
    public void Every_certificate_up_to_the_root_needs_a_list()
    {
        using var root = Authority("root", null);
        using var middle = Authority("middle", root);
        using var alice = Issue("CN=alice", middle);
        using var ofRoot = Issue("CN=bob", root);
        using var foreign = Issue("CN=carol");
        X509Certificate2Collection authorities = [root, middle];

        var both = Lists(MakeList(root, s_now.AddDays(1)), MakeList(middle, s_now.AddDays(1)));
        Assert.Null(both.FindProblem(alice, s_now));
        Assert.Null(both.FindProblem(ofRoot, s_now));
        Assert.Contains("none of the authorities", both.FindProblem(foreign, s_now), StringComparison.Ordinal);
        Assert.Contains("no revocation list of middle", Lists(MakeList(root, s_now.AddDays(1))).FindProblem(alice, s_now), StringComparison.Ordinal);
        Assert.Contains("no revocation list of root", Lists(MakeList(middle, s_now.AddDays(1))).FindProblem(alice, s_now), StringComparison.Ordinal);
        Assert.Equal(
            "the authority middle was revoked",
            Lists(MakeList(root, s_now.AddDays(1), null, middle), MakeList(middle, s_now.AddDays(1))).FindProblem(alice, s_now));
        Assert.Contains("current one", both.FindProblem(alice, s_now.AddDays(2)), StringComparison.Ordinal);
        Assert.Contains("current one", both.FindProblem(alice, s_now.AddDays(-2)), StringComparison.Ordinal);

        RevocationLists Lists(params byte[][] lists)
        {
            // One file with all of them in PEM, beside one in DER.
            var pem = PathOf($"{Guid.NewGuid()}.pem");
            File.WriteAllText(pem, string.Join('\n', lists.Select(list => PemEncoding.WriteString("X509 CRL", list))));
            File.WriteAllBytes(ListFile, lists[0]);
            return RevocationLists.Read([pem, ListFile], authorities, null)!;
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private Task<TrustStage> StartAsync(LogLines? log = null) => TrustStage.StartAsync(
        certificates: new AdminCertificates([_authority], [CertificateRole.Parse("cn:alice=admin")!, CertificateRole.Parse("cn:bob=admin")!])
        {
            RevocationFiles = [ListFile],
            ReloadEvery = TimeSpan.FromMilliseconds(50),
        },
        with: options => options with { Logs = log?.Factory ?? options.Logs });

    private static async Task ListAsync(TrustStage stage, X509Certificate2 certificate)
    {
        using var admin = new KbsAdminClient(stage.Connect(stage.Server.Url, certificate), null);
        await admin.ListResourcesAsync(Cancel);
    }

    private static async Task<string> AwaitRefusalAsync(TrustStage stage, X509Certificate2 certificate)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await ListAsync(stage, certificate);
                await Task.Delay(50, limit.Token);
            }
            catch (KbsException e)
            {
                return e.Detail!;
            }
        }
    }

    private static async Task AwaitServedAsync(TrustStage stage, X509Certificate2 certificate)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await ListAsync(stage, certificate);
                return;
            }
            catch (KbsException e) when (e.Status == HttpStatusCode.Unauthorized)
            {
                await Task.Delay(50, limit.Token);
            }
        }
    }

    private void WriteList(DateTimeOffset until, DateTimeOffset? from = null, params X509Certificate2[] revoked) =>
        File.WriteAllBytes(ListFile, MakeList(_authority, until, from, revoked));

    private static byte[] MakeList(X509Certificate2 issuer, DateTimeOffset until, DateTimeOffset? from = null, params X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
            builder.AddEntry(certificate, s_now.AddHours(-1));
        return builder.Build(issuer, 1, until, HashAlgorithmName.SHA256, thisUpdate: from ?? s_now.AddMinutes(-5));
    }

    private async Task PrepareOpenSslAsync()
    {
        await File.WriteAllTextAsync(PathOf("ca.pem"), _authority.ExportCertificatePem(), Cancel);
        using (var key = _authority.GetECDsaPrivateKey()!)
            await File.WriteAllTextAsync(PathOf("ca.key"), key.ExportPkcs8PrivateKeyPem(), Cancel);
        await File.WriteAllTextAsync(PathOf("index.txt"), "", Cancel);
        await File.WriteAllTextAsync(PathOf("number"), "01\n", Cancel);
        await File.WriteAllTextAsync(
            PathOf("ca.cnf"),
            $"""
            [ca]
            default_ca = own
            [own]
            database = {PathOf("index.txt")}
            crlnumber = {PathOf("number")}
            certificate = {PathOf("ca.pem")}
            private_key = {PathOf("ca.key")}
            default_md = sha256
            default_crl_days = 7
            crl_extensions = ext
            [ext]
            authorityKeyIdentifier = keyid
            """, Cancel);
    }

    private async Task RevokeAsync(X509Certificate2 certificate)
    {
        await File.WriteAllTextAsync(PathOf("revoked.pem"), certificate.ExportCertificatePem(), Cancel);
        await ToolProcess.RunAsync("openssl", ["ca", "-config", PathOf("ca.cnf"), "-revoke", PathOf("revoked.pem"), "-crl_reason", "keyCompromise"]);
        await ToolProcess.RunAsync("openssl", ["ca", "-config", PathOf("ca.cnf"), "-gencrl", "-out", PathOf("next.crl")]);
        File.Move(PathOf("next.crl"), ListFile, overwrite: true);
    }

    private X509Certificate2 Issue(string subject, X509Certificate2? authority = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(authority ?? _authority, s_now.AddHours(-1), s_now.AddDays(60), Serial());
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (issuer is null)
            return request.CreateSelfSigned(s_now.AddDays(-9), s_now.AddDays(90));

        using var certificate = request.Create(issuer, s_now.AddDays(-8), s_now.AddDays(80), Serial());
        return certificate.CopyWithPrivateKey(key);
    }

    private static byte[] Serial() => [1, .. RandomNumberGenerator.GetBytes(8)];
}
