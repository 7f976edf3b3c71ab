using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Tls;

/// <summary>Which authorities a peer's certificate must come from.</summary>
internal static class AuthorityPolicy
{
    /// <summary>These and no others; null for those of the system.</summary>
    public static X509ChainPolicy? For(X509Certificate2Collection? authorities)
    {
        if (authorities is null)
            return null;

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
