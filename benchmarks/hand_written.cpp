// What a careful programmer would write by hand for one model: structure of arrays, rk4, one loop
// that the compiler vectorises, blocks that stay in the cache. The yardstick for generated code.
//
//   hand_written MODEL N DT_MS SECONDS I_LOW I_HIGH   prints the rate of every neuron
//
// MODEL is hodgkin_huxley or connor_stevens; compile with -DREAL=float for single precision.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#ifndef REAL
#define REAL double
#endif
typedef REAL F;
#define UNROLL _Pragma("GCC unroll 8")
#define INLINE inline __attribute__((always_inline))

static INLINE F linoid(F x) { return x / (F(1) - std::exp(-x)); }
static INLINE F logistic(F x) { return F(1) / (F(1) + std::exp(-x)); }

struct HodgkinHuxley {  // gates m, h, n
    enum { GATES = 3 };
    static F start() { return F(-64.996379); }
    static F threshold() { return F(-20); }
    // x' = alpha - rate*x
    static INLINE void rates(F v, F* alpha, F* rate)
    {
        const F a[3] = {linoid((v + 40) * F(0.1)), F(0.07) * std::exp(-(v + 65) * F(0.05)),
                        F(0.1) * linoid((v + 55) * F(0.1))};
        const F b[3] = {F(4) * std::exp(-(v + 65) * F(1 / 18.)), logistic((v + 35) * F(0.1)),
                        F(0.125) * std::exp(-(v + 65) * F(0.0125))};
        UNROLL for (int k = 0; k < 3; k++) { alpha[k] = a[k]; rate[k] = a[k] + b[k]; }
    }
    static INLINE F slope(F v, const F* x, F current)
    {
        const F n2 = x[2] * x[2];
        return current - F(120) * x[0] * x[0] * x[0] * x[1] * (v - 50) - F(36) * n2 * n2 * (v + 77)
             - F(0.3) * (v + F(54.387));
    }
};

struct ConnorStevens {  // gates m, h, n, a, b
    enum { GATES = 5 };
    static F start() { return F(-67.9781172); }
    static F threshold() { return F(-20); }
    static INLINE void rates(F v, F* alpha, F* rate)
    {
        alpha[0] = F(3.8) * linoid((v + F(29.7)) * F(0.1));
        rate[0] = alpha[0] + F(15.2) * std::exp(F(-0.0556) * (v + F(54.7)));
        alpha[1] = F(0.266) * std::exp(F(-0.05) * (v + 48));
        rate[1] = alpha[1] + F(3.8) * logistic((v + 18) * F(0.1));
        alpha[2] = F(0.2) * linoid((v + F(45.7)) * F(0.1));
        rate[2] = alpha[2] + F(0.25) * std::exp(F(-0.0125) * (v + F(55.7)));
        const F a_inf = std::pow(F(0.0761) * std::exp(F(0.0314) * (v + F(94.22)))
                                 * logistic(F(-0.0346) * (v + F(1.17))), F(1 / 3.));
        rate[3] = F(1) / (F(0.3632) + F(1.158) * logistic(F(-0.0497) * (v + F(55.96))));
        alpha[3] = a_inf * rate[3];
        const F q = logistic(F(-0.0688) * (v + F(53.3)));
        rate[4] = F(1) / (F(1.24) + F(2.678) * logistic(F(-0.0624) * (v + 50)));
        alpha[4] = q * q * q * q * rate[4];
    }
    static INLINE F slope(F v, const F* x, F current)
    {
        const F n2 = x[2] * x[2];
        return current - F(120) * x[0] * x[0] * x[0] * x[1] * (v - 55) - F(20) * n2 * n2 * (v + 72)
             - F(47.7) * x[3] * x[3] * x[3] * x[4] * (v + 75) - F(0.3) * (v + 17);
    }
};

template <class Model> void run(int N, F dt, F seconds, F low, F high)
{
    enum { G = Model::GATES };
    const int steps = int(seconds * 1000 / dt + F(0.5)), block = 128;
    std::vector<F> V(N, Model::start()), X[G], current(N), first(N, 0), last(N, 0);
    std::vector<int> count(N, 0);
    F alpha0[G], rate0[G];
    Model::rates(Model::start(), alpha0, rate0);
    for (int k = 0; k < G; k++) X[k].assign(N, alpha0[k] / rate0[k]);
    for (int i = 0; i < N; i++) current[i] = low + (high - low) * i / (N - 1);
    F* __restrict v = V.data();
    F* __restrict x[G];
    for (int k = 0; k < G; k++) x[k] = X[k].data();
    const F* __restrict amount = current.data();
    F *__restrict from = first.data(), *__restrict to = last.data();
    int* __restrict spikes = count.data();
    for (int begin = 0; begin < N; begin += block) {
        const int end = begin + block < N ? begin + block : N;
        for (int step = 0; step < steps; step++) {
            const F t = step * dt;
            const int counted = t > 300;
#pragma GCC ivdep
            for (int i = begin; i < end; i++) {
                F y = v[i], gate[G], sum_v = 0, sum[G], here[G], v_here = y;
                UNROLL for (int k = 0; k < G; k++) { gate[k] = here[k] = x[k][i]; sum[k] = 0; }
                UNROLL for (int stage = 0; stage < 4; stage++) {
                    F alpha[G], rate[G];
                    Model::rates(v_here, alpha, rate);
                    const F dv = Model::slope(v_here, here, amount[i]);
                    const F weight = stage == 0 || stage == 3 ? F(1 / 6.) : F(1 / 3.);
                    const F ahead = stage == 2 ? dt : dt / 2;
                    sum_v += weight * dv;
                    UNROLL for (int k = 0; k < G; k++) {
                        const F slope = alpha[k] - rate[k] * here[k];
                        sum[k] += weight * slope;
                        here[k] = gate[k] + ahead * slope;
                    }
                    v_here = y + ahead * dv;
                }
                const F after = y + dt * sum_v;
                UNROLL for (int k = 0; k < G; k++) x[k][i] = gate[k] + dt * sum[k];
                const int spike = (y <= Model::threshold()) & (after > Model::threshold()) & counted;
                const F when = t + dt * (Model::threshold() - y) / (after - y);
                from[i] = spike & (spikes[i] == 0) ? when : from[i];
                to[i] = spike ? when : to[i];
                spikes[i] += spike;
                v[i] = after;
            }
        }
    }
    for (int i = 0; i < N; i++)
        printf("%.9g\n", spikes[i] > 1 ? 1000. * (spikes[i] - 1) / (to[i] - from[i]) : 0.);
}

int main(int, char** a)
{
    const int N = atoi(a[2]);
    const F dt = atof(a[3]), seconds = atof(a[4]), low = atof(a[5]), high = atof(a[6]);
    if (!strcmp(a[1], "hodgkin_huxley")) run<HodgkinHuxley>(N, dt, seconds, low, high);
    else if (!strcmp(a[1], "connor_stevens")) run<ConnorStevens>(N, dt, seconds, low, high);
    else return 2;
}
