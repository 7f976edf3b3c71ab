using Nacre.Rego;

namespace Nacre.UnitTests.Rego;

[Trait("Group", "RegoTypes")]
public sealed class RegoTypeTests
{
    [Theory]
    [InlineData("1 + \"a\"", "plus: invalid argument(s)\n\thave: (number, string, ???)\n\twant: (x: number, y: number, z: number)")]
    [InlineData("count(1, x)", "count: invalid argument(s)\n\thave: (number, ???)\n\twant: (collection: any<string, array[any], object[any: any], set[any]>, n: number)")]
    [InlineData("x := split(\"a\", [1])", "split: invalid argument(s)\n\thave: (string, array<number>, ???)\n\twant: (x: string, delimiter: string, ys: array[string])")]
    [InlineData("sum([1, \"a\"])", "sum: invalid argument(s)\n\thave: (array<number, string>, ???)\n\twant: (collection: any<array[number], set[number]>, n: number)")]
    [InlineData("x = 1; x = \"a\"", "match error\n\tleft  : number\n\tright : string")]
    [InlineData("[x, 1] = [2, 1, 3]", "match error\n\tleft  : array<???, number>\n\tright : array<number, number, number>")]
    [InlineData("{\"a\": 1} = {\"b\": y}; y = 1", "match error\n\tleft  : object<a: number>\n\tright : object<b: ???>")]
    [InlineData("x := {1}; {\"a\"} = x", "match error\n\tleft  : set[string]\n\tright : set[number]")]
    [InlineData("x := [c | c := 1]; x[\"a\"]", "undefined ref: x.a\n\tx.a\n\t  ^\n\t  have: \"a\"\n\t  want (type): number")]
    [InlineData("x := 1; x.y", "undefined ref: x.y\n\tx.y\n\t^\n\thave: number")]
    [InlineData("x := {\"a\": 1, \"b\": {\"c\": 2}}; x.b.d", "undefined ref: x.b.d\n\tx.b.d\n\t    ^\n\t    have: \"d\"\n\t    want (one of): [\"c\"]")]
    [InlineData("i := \"a\"; x := [1, 2]; x[i]", "undefined ref: x[i]\n\tx[i]\n\t  ^\n\t  have (type): string\n\t  want (type): number")]
    [InlineData("some x in 5", "undefined ref: 5[__local0__]\n\t5[__local0__]\n\t^\n\thave: number")]
    [InlineData("some [a, b] in [[1]]", "match error\n\tleft  : array<???, ???>\n\tright : array<number>")]
    [InlineData("x := [y | y := 1 + \"a\"]", "plus: invalid argument(s)\n\thave: (number, string, ???)\n\twant: (x: number, y: number, z: number)")]
    [InlineData("not lower(1)", "lower: invalid argument(s)\n\thave: (number)\n\twant: (x: string, y: string)")]
    [InlineData("walk(input, [p, v]); p = 1", "match error\n\tleft  : array[any]\n\tright : number")]
    [InlineData("x := input.a with input as lower(1)", "lower: invalid argument(s)\n\thave: (number, ???)\n\twant: (x: string, y: string)")]
    public void A_query_that_can_never_hold_is_refused(string query, string message)
    {
        var error = Assert.Single(Assert.Throws<RegoException>(() => RegoProgram.Compile([]).Prepare(query)).Errors);

        Assert.Equal(message, error.Message);
        Assert.Equal(RegoErrorCode.Type, error.Code);
    }

    [Theory]
    [InlineData("p := 1\nq if p == \"a\"", 4, "match error\n\tleft  : number\n\tright : string")]
    [InlineData("p := 1\np := \"a\"\nq if p == true", 5, "match error\n\tleft  : any<number, string>\n\tright : boolean")]
    [InlineData("p contains 1\nq if count(p[\"a\"]) > 0", 4, "undefined ref: data.t.p.a\n\tdata.t.p.a\n\t         ^\n\t         have: \"a\"\n\t         want (type): number")]
    [InlineData("p[x] := 1 if x := input.a[_]\nq if p.b == \"c\"", 4, "match error\n\tleft  : number\n\tright : string")]
    [InlineData("p := {\"a\": 1}\nq := p.b", 4, "undefined ref: data.t.p.b\n\tdata.t.p.b\n\t         ^\n\t         have: \"b\"\n\t         want (one of): [\"a\"]")]
    [InlineData("f(x) := x + 1\nq := f(\"a\")", 4, "data.t.f: invalid argument(s)\n\thave: (string, ???)\n\twant: (number, number)")]
    [InlineData("f([x, y]) := x if lower(y)\nq := f([1, 2])", 4, "data.t.f: invalid argument(s)\n\thave: (array<number, number>, ???)\n\twant: (array<any, string>, any)")]
    [InlineData("f(x) := x\nq := f", 4, "undefined ref: data.t.f\n\tdata.t.f\n\t^^^^^^^^\n\thave: (any) => any")]
    [InlineData("q if startswith(1, \"a\")", 3, "startswith: invalid argument(s)\n\thave: (number, string)\n\twant: (search: string, base: string, result: boolean)")]
    [InlineData("p.a := 1\np.b := 2\nq if { x := 7; p == x }", 5, "match error\n\tleft  : object<a: number, b: number>[string: any]\n\tright : number")]
    [InlineData("p := 1\nq if data[1]", 4, "undefined ref: data[1]\n\tdata[1]\n\t     ^\n\t     have (type): number\n\t     want (one of): [\"t\"]")]
    [InlineData("f(x, y) := 1\nq if lower(\"a\") == \"b\" with lower as f", 4, "lower: arity mismatch\n\thave: (any, any)\n\twant: (x: string, y: string)")]
    public void A_rule_that_can_never_hold_is_refused(string rules, int line, string message)
    {
        var error = Assert.Single(Assert.Throws<RegoException>(() => Compile(rules)).Errors);

        Assert.Equal((RegoErrorCode.Type, "t.rego", line, message), (error.Code, error.File, error.Line, error.Message));
    }

    [Theory]
    [InlineData("q if input.a + input.b == input[_].c")]
    [InlineData("q if data.base.thing[0].x == 1")]
    [InlineData("q if data.t.other.x == 1")]
    [InlineData("p := {\"a\": 1, input.k: 2}\nq if p.b == 2")]
    [InlineData("p := {} \nq if p.b == 2")]
    [InlineData("p := []\nq if p[0].x == 2")]
    [InlineData("p := 1 if input.a\np := \"x\" if input.b\nq if p + 1 == 2")]
    [InlineData("f(x) := lower(x)\nf(x) := x + 1\nq := [f(1), f(\"a\")]")]
    [InlineData("f(x) := [y | y := x + 1]\nq := f(\"a\")")]
    [InlineData("default p := false\np := \"x\" if input.a\nq if p == \"x\"")]
    [InlineData("q if { some k, v in input; every x in v { x + 1 > 0 }; k == \"a\" }")]
    [InlineData("q if { every x in [1, 2] { x == \"a\" } }")]
    [InlineData("q if { walk(input, [path, value]); path[0] == \"a\"; value == 1 }")]
    [InlineData("p[x] contains y if { x := input.a; y := 1 }\nq if p[1][2]")]
    [InlineData("p.a.b := 1\np.a[x] := \"c\" if x := input.x\nq if p.a.b == 1")]
    [InlineData("q := x if { x := 1 != \"a\" }")]
    [InlineData("q if print(1, \"a\", input)")]
    [InlineData("q if lower(\"a\") == \"b\" with lower as 1")]
    [InlineData("q := $\"{input.a} and {1 + 1}\"")]
    public void What_may_hold_is_accepted(string rules) => Compile(rules);

    [Fact]
    public void A_query_tells_the_value_of_a_comparison_of_different_types() =>
        Assert.Equal("false", RegoProgram.Compile([]).Prepare("1 == \"a\"").EvaluateValue(new RegoInput())?.ToJson());

    [Fact]
    public void One_mistake_is_told_once()
    {
        var errors = Assert.Throws<RegoException>(() => Compile("p := 1 + \"a\"\nq := p.x.y\nr if lower(q) == p")).Errors;

        Assert.Equal(3, Assert.Single(errors).Line);
    }

    [Fact]
    public void Types_are_not_looked_at_if_the_host_says_so()
    {
        var program = RegoProgram.Compile(
            [new RegoSource("t.rego", "package t\n\nq := 1 + \"a\"")], new RegoOptions { ChecksTypes = false });

        Assert.Null(program.Prepare("data.t.q + \"a\"").EvaluateValue(new RegoInput()));
    }

    [Fact]
    public void A_function_of_the_host_takes_anything_even_under_the_name_of_a_builtin()
    {
        var lower = new HostBuiltin("lower", 1, IsPure: true, call => call.Arguments[0]);
        var program = RegoProgram.Compile([], new RegoOptions { HostBuiltins = [lower] });

        Assert.Equal("1", program.Prepare("lower(1)").EvaluateValue(new RegoInput())?.ToJson());
    }

    [Fact]
    public void Every_signature_can_be_read()
    {
        foreach (var builtin in Nacre.Rego.Builtins.BuiltinList.All.Values)
            if (builtin is { Signature: { } signature, Arity: >= 0 })
                Assert.Equal(builtin.Arity, signature.Arguments.Length);
    }

    [Fact]
    public void Long_chains_of_rules_and_large_types_are_checked_without_recursion_or_delay()
    {
        var doubling = string.Join('\n', Enumerable.Range(1, 60).Select(i => $"d{i} := [d{i - 1}, d{i - 1}]"));
        var chain = string.Join('\n', Enumerable.Range(1, 20_000).Select(i => $"c{i} := c{i - 1}"));

        Compile($"d0 := [input, 1]\n{doubling}\nc0 := 1\n{chain}\nq if d60[0] == d59");
    }

    private static RegoProgram Compile(string rules) => RegoProgram.Compile([new RegoSource("t.rego", $"package t\n\n{rules}")]);
}
