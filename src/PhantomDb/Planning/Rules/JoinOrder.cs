using System.Numerics;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Chooses the order of inner joins so that intermediate results stay small: dynamic programming over all connected
/// subsets up to ten inputs, beyond that always the join with the smallest result next (greedy operator ordering). Only
/// joins with a condition are considered; inputs that nothing connects are multiplied at the end, smallest first. A join of
/// more than 64 inputs keeps the order of the statement down to where 64 are left.
/// The smaller input becomes the right one, on which a hash join builds its table.
/// </summary>
internal sealed class JoinOrder : IOptimizerRule
{
    private const int ExhaustiveInputsMax = 10;

    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context) =>
        new Orderer(new CardinalityEstimator(context.Statistics)).Order(plan);

    private sealed class Orderer(CardinalityEstimator estimator)
    {
        public LogicalOperator Order(LogicalOperator plan)
        {
            if (plan is LogicalCte cte)
            {
                LogicalOperator definition = Order(cte.Definition);
                estimator.AddCte(cte.CteId, definition);   // the scans in the body are as large as it
                return cte with { Definition = definition, Body = Order(cte.Body) };
            }
            if (plan is LogicalJoin join && IsOrderable(join) && InputCount(join) <= JoinGraph.InputsMax)
            {
                List<LogicalOperator> inputs = [];
                List<Expression> conditions = [];
                Flatten(join, inputs, conditions);
                return OrderInputs(inputs, conditions);
            }
            return PlanTraversal.MapChildren(plan, Order);
        }

        private void Flatten(LogicalOperator plan, List<LogicalOperator> inputs, List<Expression> conditions)
        {
            if (plan is LogicalJoin join && IsOrderable(join))
            {
                Flatten(join.Left, inputs, conditions);
                Flatten(join.Right, inputs, conditions);
                conditions.AddRange(Conjuncts.Split(join.Condition));
            }
            else
            {
                inputs.Add(Order(plan));
            }
        }

        private LogicalOperator OrderInputs(List<LogicalOperator> inputs, List<Expression> conditions)
        {
            JoinGraph graph = new(inputs, conditions, estimator);
            List<Candidate> parts = inputs.Count <= ExhaustiveInputsMax ? Exhaustive(graph) : Greedy(graph);
            parts.Sort((a, b) => a.Rows.CompareTo(b.Rows));
            Candidate all = parts[0];
            foreach (Candidate part in parts.Skip(1))
            {
                all = graph.Join(all, part);
            }
            return Conjuncts.Filter(all.Plan, graph.ConditionsWithoutInput);
        }

        private static List<Candidate> Exhaustive(JoinGraph graph)
        {
            List<Candidate> parts = [];
            ulong rest = graph.All;
            while (rest != 0)
            {
                ulong component = graph.Component(BitOperations.TrailingZeroCount(rest));
                rest &= ~component;
                parts.Add(BestOf(graph, component));
            }
            return parts;
        }

        // For every connected subset the cheapest way to join it from two connected halves, smaller subsets first.
        private static Candidate BestOf(JoinGraph graph, ulong component)
        {
            int[] members = [.. Enumerable.Range(0, 64).Where(i => (component >> i & 1) != 0)];
            Dictionary<ulong, Candidate> best = [];
            foreach (int member in members)
            {
                best[1UL << member] = graph.Input(member);
            }
            for (ulong packed = 1; packed < 1UL << members.Length; packed++)
            {
                ulong set = Spread(packed, members);
                if (BitOperations.PopCount(set) < 2)
                {
                    continue;
                }
                Candidate? cheapest = null;
                for (ulong half = (packed - 1) & packed; half != 0; half = (half - 1) & packed)
                {
                    ulong other = packed & ~half;
                    if (half < other)
                    {
                        break;   // each pair of halves once
                    }
                    if (best.TryGetValue(Spread(half, members), out Candidate? left) && best.TryGetValue(Spread(other, members), out Candidate? right)
                        && graph.AreConnected(left.Inputs, right.Inputs))
                    {
                        Candidate joined = graph.Join(left, right);
                        cheapest = cheapest is null || joined.Cost < cheapest.Cost ? joined : cheapest;
                    }
                }
                if (cheapest is not null)
                {
                    best[set] = cheapest;
                }
            }
            return best[component];
        }

        private static ulong Spread(ulong packed, int[] members)
        {
            ulong set = 0;
            for (int i = 0; packed != 0; i++, packed >>= 1)
            {
                set |= (packed & 1) << members[i];
            }
            return set;
        }

        private static List<Candidate> Greedy(JoinGraph graph)
        {
            List<Candidate> parts = [.. Enumerable.Range(0, graph.Count).Select(graph.Input)];
            Dictionary<(ulong, ulong), double> known = [];   // a step changes the pairs of one part only
            while (parts.Count > 1)
            {
                (int First, int Second, double Rows) next = (-1, -1, double.MaxValue);
                for (int i = 0; i < parts.Count; i++)
                {
                    for (int j = i + 1; j < parts.Count; j++)
                    {
                        if (JoinedRows(parts[i], parts[j]) is var rows && rows < next.Rows)
                        {
                            next = (i, j, rows);
                        }
                    }
                }
                if (next.First < 0)
                {
                    break;
                }
                Candidate joined = graph.Join(parts[next.First], parts[next.Second]);
                parts.RemoveAt(next.Second);
                parts[next.First] = joined;
            }
            return parts;

            double JoinedRows(Candidate left, Candidate right)
            {
                if (!known.TryGetValue((left.Inputs, right.Inputs), out double rows))
                {
                    rows = graph.AreConnected(left.Inputs, right.Inputs) ? graph.JoinedRows(left, right) : double.MaxValue;
                    known.Add((left.Inputs, right.Inputs), rows);
                }
                return rows;
            }
        }

        private static bool IsOrderable(LogicalJoin join) => join is { Kind: JoinKind.Inner, IsDependent: false, KeepsOrder: false }
            && (join.Condition is null || !ExpressionFacts.IsVolatile(join.Condition));

        private static int InputCount(LogicalOperator plan) =>
            plan is LogicalJoin join && IsOrderable(join) ? InputCount(join.Left) + InputCount(join.Right) : 1;
    }
}
