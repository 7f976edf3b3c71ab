namespace Nacre.Formats.Jose;

public enum JweKeyKind
{
    EcP256,
    EcP521,
    Rsa2048,
    MlKem768,
}

/// <summary>The kinds of keys of a guest by the names that upstream's <c>tee_key_algorithm</c> has for them (trust.md 1.6).</summary>
public static class JweKeyKinds
{
    private static readonly (string Name, JweKeyKind Kind)[] s_all =
    [
        ("ECDH-ES+A256KW-P256", JweKeyKind.EcP256),
        ("ECDH-ES+A256KW-P521", JweKeyKind.EcP521),
        (JsonWebKey.RsaOaep256, JweKeyKind.Rsa2048),
        (MlKemKeyWrap.Algorithm, JweKeyKind.MlKem768),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(each => each.Name)];

    /// <summary>Null for a name that is not known.</summary>
    public static JweKeyKind? Find(string name)
    {
        foreach (var (known, kind) in s_all)
        {
            if (known == name)
                return kind;
        }

        return null;
    }

    /// <summary>Why this machine has no keys of that kind; null when it has.</summary>
    public static string? FindProblem(JweKeyKind kind) => kind == JweKeyKind.MlKem768 ? MlKemKeyWrap.FindProblem() : null;
}
