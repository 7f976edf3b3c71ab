using System.Globalization;
using BenchmarkDotNet.Attributes;
using Nacre.Rego;

namespace Nacre.Benchmarks.Rego;

/// <summary>Warm evaluations and compile times of the policies that matter here.</summary>
[BenchmarkCategory("rego")]
public class RegoBenchmarks
{
    private static readonly HostBuiltin s_referenceValue = new(
        "query_reference_value", 1, IsPure: true, call => ((Dictionary<string, RegoValue>)call.State!).GetValueOrDefault(((RegoString)call.Arguments[0]).Value));

    private static readonly RegoOptions s_options = new() { HostBuiltins = [s_referenceValue] };

    private RegoQuery _attestation = null!;
    private RegoInput _tdx = null!;
    private RegoInput _snp = null!;
    private RegoQuery _hundred = null!;
    private RegoQuery _tenThousand = null!;
    private RegoInput _named = null!;
    private RegoQuery _agent = null!;
    private RegoInput _container = null!;

    [GlobalSetup]
    public void Setup()
    {
        _attestation = RegoProgram.Compile([new RegoSource("cpu.rego", Policies.Attestation)], s_options).Prepare("data.policy");
        _tdx = Policies.Tdx;
        _snp = Policies.Snp;
        foreach (var input in new[] { _tdx, _snp })
            RequireAffirming(_attestation.EvaluateValue(input));
        _hundred = RegoProgram.Compile([new RegoSource("rules.rego", Policies.Rules(100))]).Prepare("data.rules.allow");
        _tenThousand = RegoProgram.Compile([new RegoSource("rules.rego", Policies.Rules(10_000))]).Prepare("data.rules.allow");
        _named = new RegoInput { Input = RegoValue.Parse("""{"name":"name-77"}""") };
        _agent = RegoProgram.Compile([new RegoSource("agent.rego", Policies.Agent(30))]).Prepare("data.agent_policy.CreateContainerRequest");
        _container = new RegoInput { Input = RegoValue.Parse("""{"OCI":{"Process":{"Args":["/bin/app","29"],"Cwd":"/"},"Annotations":{"image":"registry/app-29"}}}""") };
    }

    [Benchmark(Description = "default CPU policy, TDX claims")]
    public RegoValue? AttestationTdx() => _attestation.EvaluateValue(_tdx);

    [Benchmark(Description = "default CPU policy, SNP claims")]
    public RegoValue? AttestationSnp() => _attestation.EvaluateValue(_snp);

    [Benchmark(Description = "100 rules")]
    public RegoValue? HundredRules() => _hundred.EvaluateValue(_named);

    [Benchmark(Description = "10,000 rules")]
    public RegoValue? TenThousandRules() => _tenThousand.EvaluateValue(_named);

    [Benchmark(Description = "agent policy, 30 containers")]
    public RegoValue? Agent() => _agent.EvaluateValue(_container);

    [Benchmark(Description = "1,000 TDX evaluations, one thread")]
    public void OneThread()
    {
        for (var i = 0; i < 1000; i++)
            _attestation.EvaluateValue(_tdx);
    }

    [Benchmark(Description = "2,000 TDX evaluations, two threads")]
    public void TwoThreads() => Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, _ => OneThread());

    [Benchmark(Description = "compile the default CPU policy")]
    public RegoProgram Compile() => RegoProgram.Compile([new RegoSource("cpu.rego", Policies.Attestation)], s_options);

    // A measurement of refusals would say nothing.
    private static void RequireAffirming(RegoValue? policy)
    {
        foreach (var (claim, value) in new[] { ("executables", 3), ("hardware", 2), ("configuration", 2) })
            if (policy is not RegoObject document || document[claim]?.ToString() != value.ToString(CultureInfo.InvariantCulture))
                throw new InvalidOperationException($"the policy does not affirm: {policy}");
    }
}
