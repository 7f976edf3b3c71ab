using Nacre.Rego.Builtins;
using Nacre.Rego.Compile;
using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;
using Nacre.Rego.Types;

namespace Nacre.Rego;

/// <summary>
/// Modules compiled: parsed, checked, indexed. Immutable; any number of threads may prepare queries and evaluate them at once.
/// </summary>
public sealed class RegoProgram
{
    private readonly IReadOnlyList<RegoSource> _sources;
    private readonly Dictionary<string, Builtin> _builtins;
    private readonly RuleTree _tree;
    private readonly Lazy<Explain.Explainer> _explainer;

    private RegoProgram(IReadOnlyList<RegoSource> sources, RegoOptions options, List<Module> modules)
    {
        (_sources, Options, Modules) = (sources, options, modules);
        _builtins = BuiltinList.With(options.HostBuiltins);
        _tree = RuleTree.Build(modules, _builtins);
        _explainer = new Lazy<Explain.Explainer>(() => new Explain.Explainer(this));
    }

    public RegoOptions Options { get; }

    internal Explain.Explainer Explainer => _explainer.Value;

    internal List<Module> Modules { get; }

    /// <summary>Types of the documents of all rules.</summary>
    internal RuleTypes Types { get; private set; } = new();

    internal TreeNode Tree => _tree.Root;

    internal IReadOnlyList<(RuleGroup Group, List<RuleEntry> Rules)> Groups => _tree.Groups;

    internal IReadOnlyDictionary<string, Builtin> Builtins => _builtins;

    /// <exception cref="RegoException">With all errors that were found: all of parsing, or all of checking.</exception>
    public static RegoProgram Compile(IReadOnlyList<RegoSource> sources, RegoOptions? options = null) =>
        Compile(sources, options ?? new RegoOptions(), (_, _) => null);

    internal static RegoProgram Compile(IReadOnlyList<RegoSource> sources, RegoOptions options, Func<Rule, RuleGroup, Tracing?> tracing)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var size = sources.Sum(source => (long)source.Text.Length);
        if (size > options.Limits.MaxSourceBytes)
            throw new RegoException(new RegoError(
                RegoErrorCode.LimitSource, sources[0].Name, 0, 0, "", $"the sources have {size} characters, {options.Limits.MaxSourceBytes} are allowed"));

        var program = new RegoProgram(sources, options, Parse(sources, options.Limits.MaxNesting));
        program.Types = ProgramCompiler.Compile(program._tree, Annotations.Read(program.Modules), options.ChecksTypes, tracing);
        return program;
    }

    /// <summary>Compiles a query, such as <c>data.policy.allow</c>. It may have several expressions and bind variables.</summary>
    /// <exception cref="RegoException">It does not parse, or is unsafe.</exception>
    public RegoQuery Prepare(string query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new RegoQuery(this, query, QueryPlan.Make(this, query, tracing: null));
    }

    /// <summary>Paths of all rules, such as <c>data.policy.allow</c>, in the order of the source.</summary>
    public IReadOnlyList<string> RuleNames => [.. Groups.Select(group => group.Group.Name)];

    /// <summary>
    /// References into <c>input</c> that a document of this JSON schema cannot have, each with the nearest name there is. Parts of the
    /// schema that allow anything are not checked.
    /// </summary>
    public IReadOnlyList<RegoError> CheckInput(RegoValue schema) => Explain.SchemaCheck.Run(Modules, schema);

    /// <summary>
    /// Whether it may look at this member of <c>data</c>; false only where it certainly does not, so that a host need not fetch it.
    /// </summary>
    public bool MayReadData(string member) => Modules.Exists(module => Explain.DataMention.IsIn(module.Source, member));

    /// <summary>The same program with probes, for explanations and coverage.</summary>
    internal RegoProgram WithTracing(Func<Rule, RuleGroup, Tracing?> tracing) => Compile(_sources, Options, tracing);

    private static List<Module> Parse(IReadOnlyList<RegoSource> sources, int maxNesting)
    {
        var modules = new List<Module>(sources.Count);
        var errors = new List<RegoError>();
        foreach (var source in sources)
        {
            try
            {
                modules.Add(Parser.ParseModule(source, maxNesting));
            }
            catch (RegoException e)
            {
                errors.AddRange(e.Errors);
            }
        }

        return errors.Count == 0 ? modules : throw new RegoException(errors);
    }
}
