using Nacre.Rego;

namespace Nacre.Cli.Policy;

/// <summary>The cases of one test, <c>test_sum[name] if …</c>: the engine tells of each that begins, the document holds those that passed.</summary>
internal sealed class PolicyTestCases
{
    private readonly List<RegoValue> _begun = [];

    /// <summary>Gathers the cases in the <see cref="RegoInput.State"/> of the evaluation.</summary>
    public static HostBuiltin Probe { get; } = new("internal.test_case", 1, IsPure: false, call =>
    {
        var cases = ((PolicyTestCases)call.State!)._begun;
        if (!cases.Contains(call.Arguments[0]))
            cases.Add(call.Arguments[0]);
        return RegoBool.True;
    });

    /// <summary>Names of the cases that are not true in the result of the test.</summary>
    public IReadOnlyList<string> Failed(RegoValue? result) =>
        [.. _begun.Cast<RegoArray>().Where(names => !IsTrue(names, result)).Select(names => string.Join('/', names.Items.Select(Text)))];

    public bool Any => _begun.Count > 0;

    private static bool IsTrue(RegoArray names, RegoValue? result)
    {
        foreach (var name in names.Items)
            result = result is RegoObject members ? members.Keys.Zip(members.Values).FirstOrDefault(member => member.First.Equals(name)).Second : null;

        return result is RegoBool { Value: true };
    }

    private static string Text(RegoValue name) => name is RegoString text ? text.Value : name.ToString();
}
