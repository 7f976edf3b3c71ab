using System.CommandLine;

var root = new RootCommand("Nacre runs containers on machines their owner does not trust.");
return await root.Parse(args).InvokeAsync();
