using Nacre.Attestation.Appraisal;

namespace Nacre.UnitTests.Attestation;

[Trait("Group", "Trust")]
public sealed class TrustVectorTests
{
    // trust.md 3.5: -1..1 none; -32..31 affirming; -96..95 warning; else contraindicated.
    [Theory]
    [InlineData(0, TrustTier.None)]
    [InlineData(-1, TrustTier.None)]
    [InlineData(1, TrustTier.None)]
    [InlineData(2, TrustTier.Affirming)]
    [InlineData(31, TrustTier.Affirming)]
    [InlineData(-32, TrustTier.Affirming)]
    [InlineData(32, TrustTier.Warning)]
    [InlineData(-33, TrustTier.Warning)]
    [InlineData(95, TrustTier.Warning)]
    [InlineData(-96, TrustTier.Warning)]
    [InlineData(96, TrustTier.Contraindicated)]
    [InlineData(-97, TrustTier.Contraindicated)]
    [InlineData(127, TrustTier.Contraindicated)]
    public void Tiers_have_the_bounds_of_the_specification(int value, TrustTier tier) => Assert.Equal(tier, TrustVector.TierOf(value));

    [Fact]
    public void The_status_is_the_worst_tier()
    {
        Assert.Equal(TrustTier.Contraindicated, Vector(("hardware", 97), ("executables", 3)).Status);
        Assert.Equal(TrustTier.Warning, Vector(("hardware", 2), ("executables", 33)).Status);
        Assert.Equal(TrustTier.Affirming, Vector(("hardware", 2)).Status);
        Assert.Equal(TrustTier.None, Vector(("hardware", 0)).Status);
    }

    [Fact]
    public void All_eight_are_in_the_token_in_order() =>
        Assert.Equal(TrustVector.Names, Vector(("hardware", 2)).ToJson().Select(member => member.Key));

    private static TrustVector Vector(params (string Name, long Value)[] claims) =>
        TrustVector.TryCreate(claims.ToDictionary(claim => claim.Name, claim => claim.Value))!;
}
