using Nacre.Rego;

namespace Nacre.UnitTests.Rego;

/// <summary>A hostile policy ends in the error of its limit.</summary>
[Trait("Group", "Rego")]
public sealed class RegoLimitTests
{
    private const string Exponential =
        "package p\nx := {[a, b, c, d, e, f] | some a in r; some b in r; some c in r; some d in r; some e in r; some f in r}\nr := numbers.range(1, 100)";

    [Theory]
    [InlineData(1000, 1L << 40, 60, RegoErrorCode.LimitSteps)]
    [InlineData(long.MaxValue, 100_000, 60, RegoErrorCode.LimitResult)]
    [InlineData(long.MaxValue, 1L << 40, 0.2, RegoErrorCode.LimitDeadline)]
    public void An_exponential_comprehension_ends(long steps, long bytes, double seconds, string code)
    {
        var limits = new RegoLimits { MaxSteps = steps, MaxResultBytes = bytes, Deadline = TimeSpan.FromSeconds(seconds) };
        var query = RegoProgram.Compile([new RegoSource("p", Exponential)]).Prepare("data.p.x");

        Assert.Equal(code, Assert.Throws<RegoException>(() => query.EvaluateValue(new RegoInput { Limits = limits })).Code);
    }

    [Fact]
    public void A_deep_source_is_refused()
    {
        var deep = "package p\nx := " + new string('[', 100_000);

        Assert.Equal(RegoErrorCode.LimitNesting, Assert.Throws<RegoException>(() => RegoProgram.Compile([new RegoSource("p", deep)])).Code);
    }

    [Fact]
    public void Deep_JSON_is_refused() =>
        Assert.Equal(RegoErrorCode.Json, Assert.Throws<RegoException>(() => RegoValue.Parse(new string('[', 100_000))).Code);

    [Fact]
    public void A_source_that_is_too_large_is_refused()
    {
        var options = new RegoOptions { Limits = new RegoLimits { MaxSourceBytes = 100 } };

        Assert.Equal(
            RegoErrorCode.LimitSource,
            Assert.Throws<RegoException>(() => RegoProgram.Compile([new RegoSource("p", "package p\n" + new string('#', 200))], options)).Code);
    }

    [Fact]
    public void A_pattern_that_would_backtrack_for_ever_does_not()
    {
        var query = RegoProgram.Compile([]).Prepare("regex.match(`^(a+)+$`, input)");
        var input = new RegoInput { Input = new RegoString(new string('a', 50_000) + "b") };

        Assert.Equal(RegoBool.False, query.EvaluateValue(input));
    }

    [Theory]
    [InlineData("[b-a]t", "goes backwards")]
    [InlineData("[!]t", "holds nothing")]
    [InlineData("[^]", "holds nothing")]
    [InlineData("[]", "a bracket is open")]
    public void A_glob_that_is_none_is_an_error_of_the_builtin(string glob, string problem)
    {
        var query = RegoProgram.Compile([]).Prepare("glob.match(input, [], `x`)");
        var input = new RegoInput { Input = new RegoString(glob) };

        Assert.Null(query.EvaluateValue(input));
        var error = Assert.Throws<RegoException>(() => query.EvaluateValue(input with { StrictBuiltinErrors = true }));
        Assert.Equal(RegoErrorCode.Builtin, error.Code);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_evaluation_ends()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var query = RegoProgram.Compile([new RegoSource("p", Exponential)]).Prepare("data.p.x");

        Assert.Throws<OperationCanceledException>(() => query.EvaluateValue(new RegoInput(), source.Token));
    }
}
