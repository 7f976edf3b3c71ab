using System.Collections.Frozen;

namespace Nacre.Rego.Builtins;

/// <summary>Every builtin, by family. To add one: a function in its family's file and a line in that family's table.</summary>
internal static class BuiltinList
{
    /// <summary>Unification is no call; the entry gives the operator a name.</summary>
    public static readonly Builtin Unify = new("eq", 2, (_, arguments) => RegoBool.From(arguments[0].Equals(arguments[1])));

    private static readonly FrozenDictionary<string, Builtin> s_all = Make();

    public static IReadOnlyDictionary<string, Builtin> All => s_all;

    /// <summary>The language's builtins and the host's, which go before.</summary>
    public static Dictionary<string, Builtin> With(IReadOnlyList<HostBuiltin> hostBuiltins)
    {
        var builtins = new Dictionary<string, Builtin>(s_all);
        foreach (var host in hostBuiltins)
            builtins[host.Name] = new Builtin(host.Name, host.Arity, (call, arguments) => Ask(host, call, arguments)) { IsOfLanguage = false };

        return builtins;
    }

    private static FrozenDictionary<string, Builtin> Make()
    {
        Builtin[] all =
        [
            Unify,
            .. Comparisons.List,
            .. Arithmetic.List,
            .. Aggregates.List,
            .. Bits.List,
            .. Casts.List,
            .. Collections.List,
            .. Encodings.List,
            .. Globs.List,
            .. Graphs.List,
            .. Identifiers.List,
            .. JsonBuiltins.List,
            .. Networks.List,
            .. NumberBuiltins.List,
            .. Objects.List,
            .. Regexes.List,
            .. Strings.List,
            .. Times.List,
            .. Units.List,
            .. Hashes.List,
            .. Jwt.List,
            .. X509.List,
            .. GraphQL.GraphQlBuiltins.List,
            .. JsonSchema.JsonSchemaBuiltins.List,
            .. Policies.List,
        ];
        return all.ToFrozenDictionary(builtin => builtin.Name);
    }

    private static RegoValue? Ask(HostBuiltin host, BuiltinCall call, ReadOnlySpan<RegoValue> arguments)
    {
        var values = new RegoArray(arguments.ToArray());
        var hostCall = new HostCall(values.Items, call.Evaluation.State, call.Evaluation.Cancel);
        return host.IsPure ? call.Once(values, () => new Answer(host.Invoke(hostCall))).Value : host.Invoke(hostCall);
    }

    private sealed record Answer(RegoValue? Value);
}
