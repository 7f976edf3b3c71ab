using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Nacre.Rego.Builtins;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Evaluate;

/// <summary>The state of one evaluation. Used by one thread at a time, and kept to be used again.</summary>
internal sealed partial class Evaluation
{
    private const int StepsBetweenLooks = 0x3FF;
    private const int MaxDepth = 4000;

    private readonly int _groups;
    private readonly RuleCache _firstCache;
    private RuleCache? _spareCache;
    private RegoLimits _limits = RegoLimits.Default;
    private CancellationToken _cancel;
    private long _steps;
    private long _charged;
    private long _deadline;
    private int _top;
    private int _depth;

    public Evaluation(int groups)
    {
        _groups = groups;
        Cache = _firstCache = new RuleCache(groups);
    }

    // Fields and not properties: the compiled nodes read them in every step.
    public RegoValue?[] Stack = new RegoValue?[64];
    public int Base;

    public RegoValue? Input { get; set; }

    public RegoValue Data { get; set; } = RegoObject.Empty;

    /// <summary>Paths of <c>data</c> that a <c>with</c> has replaced: rules there are hidden.</summary>
    public List<RegoValue[]>? Replaced { get; set; }

    public Dictionary<string, Mock>? Mocks { get; set; }

    public RuleCache Cache { get; set; }

    public WithScope.Saved? WithOuter { get; set; }

    /// <summary>Value of the rule being evaluated.</summary>
    public RegoValue? Result { get; set; }

    /// <summary>What the comprehension or partial rule being evaluated fills.</summary>
    public object? Collected { get; set; }

    public List<RegoBinding>? Solutions { get; set; }

    public bool IsFirstSolutionEnough { get; set; }

    public Action<Place, RegoValue?[]>? Print { get; set; }

    public IEvaluationTrace? Trace { get; set; }

    public object? State { get; private set; }

    public DateTimeOffset Now { get; private set; }

    public bool IsStrict { get; private set; }

    public CancellationToken Cancel => _cancel;

    /// <summary>What builtins keep within one evaluation: random numbers, compiled patterns, parsed keys.</summary>
    public Dictionary<(string Builtin, RegoValue Key), object> Memory { get; } = [];

    public void Start(RegoInput input, RegoLimits limits, TimeProvider clock, CancellationToken cancel)
    {
        (_limits, _cancel, _steps, _charged, _top, _depth) = (limits, cancel, 0, 0, 0, 0);
        _deadline = Stopwatch.GetTimestamp() + (long)(limits.Deadline.TotalSeconds * Stopwatch.Frequency);
        (Input, Data, State, IsStrict) = (input.Input, input.Data ?? RegoObject.Empty, input.State, input.StrictBuiltinErrors);
        Now = input.Now ?? clock.GetUtcNow();
        Print = input.Print is { } print ? (place, values) => print(PrintText(place, values)) : null;
        (Replaced, Mocks, WithOuter, Result, Collected, Base) = (null, null, null, null, null, 0);
        Cache = _firstCache;
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>Forgets everything, so that nothing of this evaluation is seen by the next.</summary>
    public void End()
    {
        Array.Clear(Stack);
        _firstCache.Clear();
        _spareCache?.Clear();
        Memory.Clear();
        (Input, Data, State, Solutions, Print, Trace, Result, Collected) = (null, RegoObject.Empty, null, null, null, null, null, null);
    }

    public RegoValue? Evaluate(RuleGroup group)
    {
        if (Replaced is not null && IsReplaced(group.Path))
            return BaseAt(group.Path);

        var known = Cache.Values[group.Id];
        if (known is not null)
            return ReferenceEquals(known, Undefined.Value) ? null : known;

        Enter();
        Step();
        var cache = Cache;
        var value = group.Evaluate(this);
        cache.Values[group.Id] = value ?? Undefined.Value;
        Leave();
        return value;
    }

    public RegoValue? EvaluateMember(RuleGroup group, RegoValue key) => Evaluate(group) is { } value ? Lookup.In(value, key) : null;

    public RegoValue? Call(RuleGroup function, int firstSlot, int count)
    {
        Enter();
        Step();
        RegoValue? value;
        if (!function.IsCostly)
            value = function.Call(this, Arguments(firstSlot, count));
        else
        {
            var key = (function.Id, new RegoArray(Arguments(firstSlot, count).ToArray()));
            var calls = Cache.Calls ??= [];
            if (!calls.TryGetValue(key, out value))
            {
                value = function.Call(this, key.Item2.Span);
                calls[key] = value;
            }
        }

        Leave();
        return value;
    }

    public RegoValue? Invoke(Builtin builtin, int firstSlot, int count, Place place)
    {
        Step();
        try
        {
            return builtin.Function(new BuiltinCall(this, builtin, place), Arguments(firstSlot, count));
        }
        catch (RegoBuiltinException e) when (!IsStrict && !e.IsFatal)
        {
            Trace?.BuiltinFailed(builtin.Name, e.Message);
            return null;
        }
        catch (RegoBuiltinException e)
        {
            throw new RegoException(place.Error(e.Code, $"{builtin.Name}: {e.Message}"));
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            // The platform checks keys and certificates further than any builtin does before it uses them, and knows not every curve.
            if (IsStrict)
                throw new RegoException(place.Error(RegoErrorCode.Builtin, $"{builtin.Name}: {e.Message}"));

            Trace?.BuiltinFailed(builtin.Name, e.Message);
            return null;
        }
    }

    public bool IsReplaced(RegoValue[] path)
    {
        if (Replaced is null)
            return false;

        foreach (var target in Replaced)
            if (target.Length <= path.Length && target.AsSpan().SequenceEqual(path.AsSpan(0, target.Length)))
                return true;

        return false;
    }

    public RegoValue? BaseAt(RegoValue[] path)
    {
        RegoValue? value = Data;
        foreach (var key in path)
        {
            if (value is null)
                return null;
            value = Lookup.InBase(value, key);
        }

        return value;
    }

    public RegoValue? CursorAt(TreeNode node) => IsReplaced(node.Path) ? BaseAt(node.Path) : new DataCursor(node, BaseAt(node.Path));

    /// <summary>The value as something that may leave the evaluation.</summary>
    public RegoValue Document(RegoValue value) => value is DataCursor cursor ? cursor.ToDocument(this) : value;

    public RuleCache NewCache()
    {
        var cache = _spareCache ?? new RuleCache(_groups);
        _spareCache = null;
        return cache;
    }

    public void DropCache()
    {
        Cache.Clear();
        _spareCache = Cache;
    }

    public int EnterFrame(int size, ReadOnlySpan<RegoValue> arguments)
    {
        Enter();
        var frame = Base;
        if (_top + size > Stack.Length)
            Grow(size);
        arguments.CopyTo(Stack.AsSpan(_top)!);
        Base = _top;
        _top += size;
        return frame;
    }

    public void LeaveFrame(int frame)
    {
        _top = Base;
        Base = frame;
        _depth--;
    }

    public void EnterBody() => Enter();

    public void LeaveBody() => Leave();

    private ReadOnlySpan<RegoValue> Arguments(int firstSlot, int count) => Stack.AsSpan(Base + firstSlot, count)!;

    private void Enter()
    {
        if (++_depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Limit(RegoErrorCode.LimitNesting, $"rules and bodies are nested too deep at {_depth} levels");
    }

    private void Leave() => _depth--;

    // The spans of arguments that are in use keep the old array alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int size) => Array.Resize(ref Stack, Math.Max(Stack.Length * 2, _top + size));
}

/// <summary>Stands for "evaluated, and undefined" where null means "not evaluated".</summary>
internal static class Undefined
{
    public static readonly RegoValue Value = new RegoArray([]);
}
