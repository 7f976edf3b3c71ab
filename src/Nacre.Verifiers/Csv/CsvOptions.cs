using Nacre.Evidence.Csv;

namespace Nacre.Verifiers.Csv;

public sealed record CsvOptions
{
    /// <summary>The root that chains must end at; Hygon's unless a test has its own.</summary>
    internal HygonAuthorityCertificate? Root { get; init; }

    /// <summary>Asked for the chain of a chip when the guest did not send it.</summary>
    public IHygonCollateral? Collateral { get; init; }

    /// <summary>Accept guests that their host may debug (policy NODBG not set).</summary>
    public bool AllowDebug { get; init; }
}

/// <summary>Gives the certificates between Hygon's root and a chip.</summary>
public interface IHygonCollateral
{
    /// <returns>Null if there is none for this chip.</returns>
    ValueTask<HygonChain?> FindChainAsync(string serialNumber, CancellationToken cancel);
}
