#pragma warning disable
namespace Nacre.Rego;
public sealed class ExplainedRule { public string File="default_cpu.rego"; public int Line=1; }
public sealed class RegoExplanation { public RegoValue? Result {get;set;} public string Summary="stub"; public IReadOnlyList<ExplainedRule> Rules=[new()]; }
public static class X { public static RegoExplanation Explain(this RegoQuery q, RegoInput i, CancellationToken c=default)=>new(){Result=q.EvaluateValue(i,c)}; }
