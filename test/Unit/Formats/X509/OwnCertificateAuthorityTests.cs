using System.Security.Cryptography.X509Certificates;
using Nacre.Formats.X509;

namespace Nacre.UnitTests.Formats.X509;

[Trait("Group", "Formats")]
public sealed class OwnCertificateAuthorityTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Issues_a_certificate_that_chains_and_names_its_hosts()
    {
        using var authority = OwnCertificateAuthority.Create("Test CA", s_now);
        using var server = OwnCertificateAuthority.IssueServer(authority, ["localhost", "127.0.0.1", "::1"], s_now, TimeSpan.FromDays(90));

        Assert.True(server.HasPrivateKey);
        Assert.True(server.MatchesHostname("localhost"));
        Assert.True(server.MatchesHostname("127.0.0.1"));
        Assert.False(server.MatchesHostname("example.org"));
        Assert.True(Chains(server, authority, s_now.AddDays(80)));
        Assert.False(Chains(server, authority, s_now.AddDays(91)));

        using var stranger = OwnCertificateAuthority.Create("Test CA", s_now);
        Assert.False(Chains(server, stranger, s_now));
    }

    [Fact]
    public void Never_outlives_its_authority()
    {
        using var authority = OwnCertificateAuthority.Create("Test CA", s_now);
        using var server = OwnCertificateAuthority.IssueServer(authority, ["localhost"], s_now, TimeSpan.FromDays(20 * 365));

        Assert.Equal(authority.NotAfter, server.NotAfter);
    }

    private static bool Chains(X509Certificate2 leaf, X509Certificate2 root, DateTimeOffset at)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        return chain.Build(leaf);
    }
}
