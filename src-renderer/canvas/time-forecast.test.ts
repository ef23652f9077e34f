import { describe, expect, test } from 'vitest';
import { axisEnd, owedAfter, owedForecast, ticksUntil } from './time-forecast.ts';

describe('the forecast', () => {
  const sure = { owedPages: 1000, stalePages: 0, lifetime: { law: 'exponential', meanTicks: 50 }, disturbed: false };

  test('falls by e for every mean lifetime', () => {
    const forecast = owedForecast(sure)!;
    expect(owedAfter(forecast, 50)).toBeCloseTo(1000 / Math.E, 9);
    expect(owedAfter(forecast, ticksUntil(forecast, 0.01))).toBeCloseTo(10, 9);
    // A mean of 60 s: 1 % is left after 60 ln 100 = 276.3 s.
    expect(ticksUntil({ owedPages: 1, meanTicks: 60 }, 0.01)).toBeCloseTo(276.3, 1);
    expect(axisEnd(100, 0, forecast, 1000)).toBe(135);
    expect(axisEnd(100, 0, forecast, 1_000_000)).toBe(103); // less than can be seen
    expect(axisEnd(100, 0, null, 0)).toBe(103);
    expect(axisEnd(0, 0, null, 0)).toBe(10);
    // What is to come soon is on the axis; what is far off would leave no room for the rest.
    expect(axisEnd(0, 0, null, 0, [50, 100, 201])).toBe(103);
    expect(axisEnd(1000, 0, null, 0, [1500, 5000])).toBe(1545);
  });

  test('is not made where it would not be exact', () => {
    expect(owedForecast({ ...sure, owedPages: 0 })).toBeNull();
    expect(owedForecast({ ...sure, stalePages: 5 })).toBeNull();
    expect(owedForecast({ ...sure, disturbed: true })).toBeNull();
    expect(owedForecast({ ...sure, lifetime: null })).toBeNull();
    expect(owedForecast({ ...sure, lifetime: { law: 'lomax' } })).toBeNull();
  });
});
