namespace Nacre.Verifiers.Nitro;

public sealed record NitroOptions
{
    /// <summary>SHA-256 of the SubjectPublicKeyInfo of CN=aws.nitro-enclaves, OU=AWS, O=Amazon, C=US (evidence.md 0).</summary>
    public const string AwsRootKeyDigest = "f2caf5ecc6190b4a8399b78bc58a2bbcd0382375db8a1bfd78a82743874fd225";

    /// <summary>The root that the chain must end at, by the digest of its key.</summary>
    public string RootKeyDigest { get; init; } = AwsRootKeyDigest;

    /// <summary>Accept enclaves in debug mode, whose console the parent instance reads and whose registers are zero.</summary>
    public bool AllowDebug { get; init; }
}
