using Nacre.Evidence.Snp;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Amd;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>Upstream's <c>vcek_sources</c>: one source after the other.</summary>
[Trait("Group", "EvidenceCollateral")]
public sealed class AmdSourcesInTurnTests
{
    private static readonly VcekName s_name = new(SnpProduct.Milan, "00", default);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_that_has_it_gives_it()
    {
        var (empty, first, second) = (new Source(null), new Source([1]), new Source([2]));
        var sources = new AmdSourcesInTurn([empty, first, second]);

        Assert.Equal([1], await sources.FindVcekAsync(s_name, Cancel));
        Assert.Equal([1], await sources.FindRevocationListAsync(SnpProduct.Milan, SnpSigningKey.Vcek, Cancel));
        Assert.Equal((2, 2, 0), (empty.Asked, first.Asked, second.Asked));
        Assert.Null(await new AmdSourcesInTurn([empty]).FindVcekAsync(s_name, Cancel));
    }

    [Fact]
    public async Task One_that_cannot_be_asked_is_passed_over_and_makes_no_answer_of_the_others()
    {
        var away = new Source(null) { IsAway = true };

        Assert.Equal([2], await new AmdSourcesInTurn([away, new Source([2])]).FindVcekAsync(s_name, Cancel));
        await Assert.ThrowsAsync<CollateralUnavailableException>(
            async () => await new AmdSourcesInTurn([away, new Source(null)]).FindVcekAsync(s_name, Cancel));
    }

    private sealed class Source(byte[]? answer) : IAmdCollateral
    {
        public bool IsAway { get; init; }

        public int Asked { get; private set; }

        public ValueTask<byte[]?> FindVcekAsync(VcekName name, CancellationToken cancel) => AnswerAsync();

        public ValueTask<byte[]?> FindRevocationListAsync(SnpProduct product, SnpSigningKey key, CancellationToken cancel) => AnswerAsync();

        private ValueTask<byte[]?> AnswerAsync()
        {
            Asked++;
            return IsAway ? throw new CollateralUnavailableException("it", "there", "away") : ValueTask.FromResult(answer);
        }
    }
}
