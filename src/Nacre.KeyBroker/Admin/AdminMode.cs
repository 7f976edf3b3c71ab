namespace Nacre.KeyBroker.Admin;

/// <summary>Whether there are administrators (trust.md 2.10).</summary>
public enum AdminMode
{
    /// <summary>Those with a token.</summary>
    Authenticated,

    /// <summary>None.</summary>
    DenyAll,

    /// <summary>Whoever connects: for development only.</summary>
    AllowAll,
}
