/*
 * Strict interchange intervention training of one run. Python calls `fit`; check.py holds `loss` and its gradient against PyTorch's.
 * Built with: cc -O3 -march=native -ffast-math -shared -fPIC fit.c -o fit.so -lm
 *
 * An activation is an array of features, each a Row: its values on all positions of all sequences, so that inner loops go over sequences.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { N = 4, L = N + 1, BATCH = 24, S = 2 * BATCH, R = S * L };
/* largest sizes */
enum { D = 18, H = 3, K = 6, M = 28, LAYERS = 4, SITES = 2 * LAYERS, FIRST = N + 1, SECOND = 2 * N - 1, CLASSES = SECOND };
typedef float Row[R];

typedef struct {
  int layers, d, h, k, m, algorithm;
  /* of the first and of the second variable: its site, and at each site whether a feature holds it */
  int site[2];
  unsigned char holds[2][SITES][D];
} Config;

/* One run through the network and what its gradient needs; the residual stream is as it stands after exchanges. */
typedef struct {
  Row x[SITES + 1][D], q[LAYERS][H * K], k[LAYERS][H * K], v[LAYERS][H * K], z[LAYERS][H * K], hidden[LAYERS][M];
  float pattern[LAYERS][H][L][L][S];
  int tokens[S][L];
} Pass;

/* What is exchanged at a site: 1 where the value comes from elsewhere. */
typedef struct {
  int active[SITES];
  Row where[SITES][D], value[SITES][D];
} Swap;

/* Places of the weights in one array. */
typedef struct {
  int embed, pos, wq[LAYERS], wk[LAYERS], wv[LAYERS], wo[LAYERS], win[LAYERS], bin[LAYERS], wout[LAYERS], bout[LAYERS], unembed, bias, read[2], count;
} Places;

static Places places(const Config *c) {
  Places p;
  int at = 0, heads = c->h * c->d * c->k;
  p.embed = at, at += L * c->d;
  p.pos = at, at += L * c->d;
  for (int l = 0; l < c->layers; l++) {
    p.wq[l] = at, at += heads;
    p.wk[l] = at, at += heads;
    p.wv[l] = at, at += heads;
    p.wo[l] = at, at += heads;
    p.win[l] = at, at += c->d * c->m;
    p.bin[l] = at, at += c->m;
    p.wout[l] = at, at += c->m * c->d;
    p.bout[l] = at, at += c->d;
  }
  p.unembed = at, at += c->d * 2;
  p.bias = at, at += 2;
  p.read[0] = at, at += c->d * FIRST;
  p.read[1] = at, at += c->d * SECOND;
  p.count = at;
  return p;
}

int count(const Config *c) { return places(c).count; }

/* y[o] += sum over i of w[i * si + o * so] x[i] */
static void add_product(Row *restrict y, Row *restrict x, const float *w, int inputs, int outputs, int si, int so) {
  for (int o = 0; o < outputs; o++) {
    float *restrict to = y[o];
    int i = 0;
    for (; i + 1 < inputs; i += 2) {
      const float *restrict a = x[i], *restrict b = x[i + 1];
      float wa = w[i * si + o * so], wb = w[(i + 1) * si + o * so];
      for (int r = 0; r < R; r++) to[r] += wa * a[r] + wb * b[r];
    }
    for (; i < inputs; i++) {
      float wa = w[i * si + o * so];
      for (int r = 0; r < R; r++) to[r] += wa * x[i][r];
    }
  }
}

/* Its gradient with respect to w, added. */
static void add_outer(float *w, Row *restrict x, Row *restrict dy, int inputs, int outputs, int si, int so) {
  for (int i = 0; i < inputs; i++)
    for (int o = 0; o < outputs; o++) {
      float sum = 0;
      for (int r = 0; r < R; r++) sum += x[i][r] * dy[o][r];
      w[i * si + o * so] += sum;
    }
}

static void exchange(Row *x, const Config *c, const Swap *swap, int site) {
  if (!swap || !swap->active[site]) return;
  for (int i = 0; i < c->d; i++)
    for (int r = 0; r < R; r++) x[i][r] += swap->where[site][i][r] * (swap->value[site][i][r] - x[i][r]);
}

static void attend(const Config *c, Pass *a, int l) {
  float scale = 1 / sqrtf(c->k);
  for (int h = 0; h < c->h; h++)
    for (int p = 0; p < L; p++) {
      float (*s)[S] = a->pattern[l][h][p];
      float most[S], sum[S] = {0};
      for (int t = 0; t < L; t++) {
        for (int b = 0; b < S; b++) s[t][b] = 0;
        for (int k = h * c->k; k < (h + 1) * c->k; k++)
          for (int b = 0; b < S; b++) s[t][b] += scale * a->q[l][k][p * S + b] * a->k[l][k][t * S + b];
        for (int b = 0; b < S; b++) most[b] = t == 0 || s[t][b] > most[b] ? s[t][b] : most[b];
      }
      for (int t = 0; t < L; t++)
        for (int b = 0; b < S; b++) sum[b] += s[t][b] = expf(s[t][b] - most[b]);
      for (int t = 0; t < L; t++)
        for (int b = 0; b < S; b++) s[t][b] /= sum[b];
      for (int k = h * c->k; k < (h + 1) * c->k; k++)
        for (int t = 0; t < L; t++)
          for (int b = 0; b < S; b++) a->z[l][k][p * S + b] += s[t][b] * a->v[l][k][t * S + b];
    }
}

static void forward(const Config *c, const Places *at, const float *w, Pass *a, const Swap *swap) {
  for (int p = 0; p < L; p++)
    for (int b = 0; b < S; b++)
      for (int i = 0; i < c->d; i++) a->x[0][i][p * S + b] = w[at->embed + a->tokens[b][p] * c->d + i] + w[at->pos + p * c->d + i];
  for (int l = 0; l < c->layers; l++) {
    Row *x = a->x[2 * l], *mid = a->x[2 * l + 1], *post = a->x[2 * l + 2];
    memset(a->q[l], 0, sizeof a->q[l]);
    memset(a->k[l], 0, sizeof a->k[l]);
    memset(a->v[l], 0, sizeof a->v[l]);
    memset(a->z[l], 0, sizeof a->z[l]);
    for (int h = 0; h < c->h; h++) {
      int head = h * c->d * c->k, from = h * c->k;
      add_product(a->q[l] + from, x, w + at->wq[l] + head, c->d, c->k, c->k, 1);
      add_product(a->k[l] + from, x, w + at->wk[l] + head, c->d, c->k, c->k, 1);
      add_product(a->v[l] + from, x, w + at->wv[l] + head, c->d, c->k, c->k, 1);
    }
    attend(c, a, l);
    memcpy(mid, x, sizeof(Row) * D);
    add_product(mid, a->z[l], w + at->wo[l], c->h * c->k, c->d, c->d, 1);
    exchange(mid, c, swap, 2 * l);
    for (int m = 0; m < c->m; m++)
      for (int r = 0; r < R; r++) a->hidden[l][m][r] = w[at->bin[l] + m];
    add_product(a->hidden[l], mid, w + at->win[l], c->d, c->m, c->m, 1);
    for (int m = 0; m < c->m; m++)
      for (int r = 0; r < R; r++) a->hidden[l][m][r] = a->hidden[l][m][r] > 0 ? a->hidden[l][m][r] : 0;
    for (int i = 0; i < c->d; i++)
      for (int r = 0; r < R; r++) post[i][r] = mid[i][r] + w[at->bout[l] + i];
    add_product(post, a->hidden[l], w + at->wout[l], c->m, c->d, c->d, 1);
    exchange(post, c, swap, 2 * l + 1);
  }
}

/* dz to dq, dk and dv, which are added to */
static void attend_back(const Config *c, Pass *a, int l, Row *dz, Row *dq, Row *dk, Row *dv) {
  float scale = 1 / sqrtf(c->k);
  for (int h = 0; h < c->h; h++)
    for (int p = 0; p < L; p++) {
      float (*s)[S] = a->pattern[l][h][p];
      float ds[L][S] = {0}, mean[S] = {0};
      for (int t = 0; t < L; t++) {
        for (int k = h * c->k; k < (h + 1) * c->k; k++)
          for (int b = 0; b < S; b++) {
            ds[t][b] += dz[k][p * S + b] * a->v[l][k][t * S + b];
            dv[k][t * S + b] += s[t][b] * dz[k][p * S + b];
          }
        for (int b = 0; b < S; b++) mean[b] += s[t][b] * ds[t][b];
      }
      for (int t = 0; t < L; t++)
        for (int b = 0; b < S; b++) ds[t][b] = scale * s[t][b] * (ds[t][b] - mean[b]);
      for (int t = 0; t < L; t++)
        for (int k = h * c->k; k < (h + 1) * c->k; k++)
          for (int b = 0; b < S; b++) {
            dq[k][p * S + b] += ds[t][b] * a->k[l][k][t * S + b];
            dk[k][t * S + b] += ds[t][b] * a->q[l][k][p * S + b];
          }
    }
}

/*
 * g: gradient at the last site. extra: what is added at each site. With a swap, what flows to the exchanged values is left in `flown`.
 */
static void backward(const Config *c, const Places *at, const float *w, float *dw, Pass *a, const Swap *swap, Row *g, Row (*extra)[D], Row (*flown)[D]) {
  static Row dhidden[M], dz[H * K], dq[H * K], dk[H * K], dv[H * K];
  for (int site = 2 * c->layers - 1; site >= 0; site--) {
    int l = site / 2;
    for (int i = 0; i < c->d; i++)
      for (int r = 0; r < R; r++) g[i][r] += extra[site][i][r];
    if (swap && swap->active[site])
      for (int i = 0; i < c->d; i++)
        for (int r = 0; r < R; r++) {
          flown[site][i][r] = g[i][r] * swap->where[site][i][r];
          g[i][r] -= flown[site][i][r];
        }
    if (site % 2) {
      Row *mid = a->x[2 * l + 1];
      for (int i = 0; i < c->d; i++)
        for (int r = 0; r < R; r++) dw[at->bout[l] + i] += g[i][r];
      add_outer(dw + at->wout[l], a->hidden[l], g, c->m, c->d, c->d, 1);
      memset(dhidden, 0, sizeof dhidden);
      add_product(dhidden, g, w + at->wout[l], c->d, c->m, 1, c->d);
      for (int m = 0; m < c->m; m++)
        for (int r = 0; r < R; r++) {
          dhidden[m][r] = a->hidden[l][m][r] > 0 ? dhidden[m][r] : 0;
          dw[at->bin[l] + m] += dhidden[m][r];
        }
      add_outer(dw + at->win[l], mid, dhidden, c->d, c->m, c->m, 1);
      add_product(g, dhidden, w + at->win[l], c->m, c->d, 1, c->m);
    } else {
      Row *x = a->x[2 * l];
      int wide = c->h * c->k;
      add_outer(dw + at->wo[l], a->z[l], g, wide, c->d, c->d, 1);
      memset(dz, 0, sizeof dz);
      memset(dq, 0, sizeof dq);
      memset(dk, 0, sizeof dk);
      memset(dv, 0, sizeof dv);
      add_product(dz, g, w + at->wo[l], c->d, wide, 1, c->d);
      attend_back(c, a, l, dz, dq, dk, dv);
      for (int h = 0; h < c->h; h++) {
        int head = h * c->d * c->k, from = h * c->k;
        add_outer(dw + at->wq[l] + head, x, dq + from, c->d, c->k, c->k, 1);
        add_outer(dw + at->wk[l] + head, x, dk + from, c->d, c->k, c->k, 1);
        add_outer(dw + at->wv[l] + head, x, dv + from, c->d, c->k, c->k, 1);
        add_product(g, dq + from, w + at->wq[l] + head, c->k, c->d, 1, c->k);
        add_product(g, dk + from, w + at->wk[l] + head, c->k, c->d, 1, c->k);
        add_product(g, dv + from, w + at->wv[l] + head, c->k, c->d, 1, c->k);
      }
    }
  }
  for (int p = 0; p < L; p++)
    for (int b = 0; b < S; b++)
      for (int i = 0; i < c->d; i++) {
        dw[at->embed + a->tokens[b][p] * c->d + i] += g[i][p * S + b];
        dw[at->pos + p * c->d + i] += g[i][p * S + b];
      }
}

/* Cross entropy; the logits become their gradient. The beginning, at position 0, has no label. */
static double entropy(Row *logits, int classes, int labels[S][N], const float weight[S]) {
  double loss = 0;
  for (int c = 0; c < classes; c++) memset(logits[c], 0, sizeof(float) * S);
  for (int p = 1; p < L; p++)
    for (int b = 0; b < S; b++) {
      int r = p * S + b, label = labels[b][p - 1];
      float most = logits[0][r], sum = 0;
      for (int c = 1; c < classes; c++) most = logits[c][r] > most ? logits[c][r] : most;
      for (int c = 0; c < classes; c++) sum += expf(logits[c][r] - most);
      loss += weight[b] * (logf(sum) + most - logits[label][r]);
      for (int c = 0; c < classes; c++) logits[c][r] = weight[b] * (expf(logits[c][r] - most) / sum - (c == label));
    }
  return loss;
}

typedef struct {
  int first[S][N], second[S][N], answer[S][N];
  float weight[S];
} Labels;

/* The losses of a pass; g becomes the gradient at the last site, extra that of the readouts. */
static double losses(const Config *c, const Places *at, const float *w, float *dw, Pass *a, Labels *labels, Row *g, Row (*extra)[D]) {
  static Row logits[CLASSES], read[D];
  Row *last = a->x[2 * c->layers];
  for (int o = 0; o < 2; o++)
    for (int r = 0; r < R; r++) logits[o][r] = w[at->bias + o];
  add_product(logits, last, w + at->unembed, c->d, 2, 2, 1);
  double loss = entropy(logits, 2, labels->answer, labels->weight);
  for (int o = 0; o < 2; o++)
    for (int r = 0; r < R; r++) dw[at->bias + o] += logits[o][r];
  add_outer(dw + at->unembed, last, logits, c->d, 2, 2, 1);
  memset(g, 0, sizeof(Row) * D);
  add_product(g, logits, w + at->unembed, 2, c->d, 1, 2);
  for (int which = 0; which < 2; which++) {
    int classes = which ? SECOND : FIRST, site = c->site[which];
    const unsigned char *own = c->holds[which][site];
    memset(logits, 0, sizeof logits);
    memset(read, 0, sizeof read);
    for (int i = 0; i < c->d; i++)
      if (own[i]) memcpy(read[i], a->x[site + 1][i], sizeof(Row));
    add_product(logits, read, w + at->read[which], c->d, classes, classes, 1);
    loss += entropy(logits, classes, which ? labels->second : labels->first, labels->weight);
    add_outer(dw + at->read[which], read, logits, c->d, classes, classes, 1);
    memset(read, 0, sizeof read);
    add_product(read, logits, w + at->read[which], classes, c->d, 1, classes);
    for (int i = 0; i < c->d; i++)
      if (own[i])
        for (int r = 0; r < R; r++) extra[site][i][r] += read[i][r];
  }
  return loss;
}

/* The causal models, as in causal.py. */
static void first_of(int algorithm, const int *tokens, int *values) {
  for (int i = 0; i < N; i++) {
    int place = 0, times = 0;
    if (algorithm < 4) {
      for (int j = 0; j < N; j++) place += tokens[j] < tokens[i] || (tokens[j] == tokens[i] && j < i);
      values[place] = tokens[i];
    } else {
      for (int j = 0; j < N; j++) times += tokens[j] == (algorithm == 4 ? tokens[i] : i);
      values[i] = times;
    }
  }
}

static void second_of(int algorithm, const int *v, int *classes) {
  for (int i = 0; i < N; i++) {
    int last = i == N - 1;
    classes[i] = algorithm == 0   ? v[i] == i
                 : algorithm == 1 ? (last ? 1 : v[i + 1] - v[i]) + N - 1
                 : algorithm == 2 ? v[i] + (last ? 0 : v[i + 1])
                 : algorithm == 3 ? v[i] % 2
                                  : v[i] == 1;
  }
}

static int answer_of(int algorithm, const int *v, const int *classes) {
  for (int i = 0; i < N; i++) {
    int want = algorithm == 1 ? N : algorithm == 2 ? (i < N - 1 ? 2 * i + 1 : i) : algorithm == 3 ? i % 2 : 1;
    if (classes[i] != want) return 0;
  }
  return algorithm != 1 || v[0] == 0;
}

static void label(int algorithm, Labels *labels, int b, const int *v, const int *classes) {
  int yes = answer_of(algorithm, v, classes);
  for (int i = 0; i < N; i++) labels->first[b][i] = v[i], labels->second[b][i] = classes[i], labels->answer[b][i] = yes;
}

static void digits(int input, int *tokens) {
  for (int i = N - 1; i >= 0; i--, input /= N) tokens[i] = input % N;
}

/*
 * The loss of a batch, and its gradient added to dw. base, source: numbers of inputs. In the first exchange, variable `which` comes from the source at the positions `from`; in the second, at
 * the site of variable `outside`, all that holds no variable, at the positions `rest`.
 */
double loss(const Config *c, const float *w, float *dw, const int *base, const int *source, unsigned char (*from)[L], unsigned char (*rest)[L], int which, int outside) {
  static Pass one, two;
  static Swap swap;
  static Labels labels;
  static Row g[D], extra[SITES][D], flown[SITES][D], none[SITES][D];
  Places at = places(c);
  int v[S][N], classes[S][N];
  for (int b = 0; b < S; b++) {
    int tokens[N];
    digits(b < BATCH ? base[b] : source[b - BATCH], tokens);
    one.tokens[b][0] = N;
    for (int i = 0; i < N; i++) one.tokens[b][i + 1] = tokens[i];
    first_of(c->algorithm, tokens, v[b]);
    second_of(c->algorithm, v[b], classes[b]);
  }
  forward(c, &at, w, &one, 0);

  for (int site = 0; site < SITES; site++) {
    swap.active[site] = site == c->site[0] || site == c->site[1];
    if (!swap.active[site]) continue;
    for (int i = 0; i < c->d; i++) {
      int held = c->holds[0][site][i] || c->holds[1][site][i];
      for (int p = 0; p < L; p++)
        for (int b = 0; b < S; b++) {
          swap.where[site][i][p * S + b] = b < BATCH ? c->holds[which][site][i] && from[b][p] : !held && site == c->site[outside] && rest[b - BATCH][p];
          swap.value[site][i][p * S + b] = one.x[site + 1][i][p * S + BATCH + b % BATCH];
        }
    }
  }
  for (int b = 0; b < S; b++) memcpy(two.tokens[b], one.tokens[b % BATCH], sizeof two.tokens[b]);
  forward(c, &at, w, &two, &swap);

  for (int b = 0; b < BATCH; b++) {
    int mixed[2][N];
    for (int i = 0; i < N; i++) {
      mixed[0][i] = v[b + (which == 0 && from[b][i + 1]) * BATCH][i];
      mixed[1][i] = classes[b + (which == 1 && from[b][i + 1]) * BATCH][i];
    }
    if (which == 0) second_of(c->algorithm, mixed[0], mixed[1]);
    label(c->algorithm, &labels, b, mixed[0], mixed[1]);
    label(c->algorithm, &labels, BATCH + b, v[b], classes[b]);
    labels.weight[b] = 1.f / (BATCH * N);
    labels.weight[BATCH + b] = 0.4f / (BATCH * N);
  }
  memset(extra, 0, sizeof extra);
  double total = losses(c, &at, w, dw, &two, &labels, g, extra);
  backward(c, &at, w, dw, &two, &swap, g, extra, flown);

  memset(none, 0, sizeof none);
  for (int site = 0; site < SITES; site++)
    if (swap.active[site])
      for (int i = 0; i < c->d; i++)
        for (int p = 0; p < L; p++)
          for (int b = 0; b < S; b++) none[site][i][p * S + BATCH + b % BATCH] += flown[site][i][p * S + b];
  for (int b = 0; b < S; b++) {
    label(c->algorithm, &labels, b, v[b], classes[b]);
    labels.weight[b] = 1.f / (S * N);
  }
  total += losses(c, &at, w, dw, &one, &labels, g, none);
  backward(c, &at, w, dw, &one, 0, g, none, 0);
  return total;
}

/* splitmix64 */
static uint64_t next(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/* Changes w by Adam, and returns the mean loss of the last 100 steps. yes and no: numbers of the inputs that are permutations, and of the others. */
double fit(const Config *c, float *w, const int *yes, int n_yes, const int *no, int n_no, uint64_t seed, int steps, float rate) {
  int total = places(c).count;
  float dw[total], m[total], s[total];
  memset(m, 0, sizeof m);
  memset(s, 0, sizeof s);
  double last = 0, b1 = 1, b2 = 1;
  for (int step = 0; step < steps; step++) {
    int rows[2][BATCH];
    unsigned char at[2][BATCH][L];
    for (int b = 0; b < BATCH; b++)
      for (int i = 0; i < 2; i++) {
        rows[i][b] = next(&seed) >> 32 & 1 ? yes[(next(&seed) >> 32) % n_yes] : no[(next(&seed) >> 32) % n_no];
        /* a quarter of the variables' exchanges, and half of the others, at all positions */
        for (int p = 0; p < L; p++) at[i][b][p] = b < BATCH / (i ? 2 : 4) || (next(&seed) >> 32 & 1);
      }
    memset(dw, 0, sizeof dw);
    double now = loss(c, w, dw, rows[0], rows[1], at[0], at[1], step % 2, step / 2 % 2);
    if (step >= steps - 100) last += now / 100;
    float up = (step + 1) / 50.f, down = (steps - step) / (0.3f * steps);
    float own = rate * (up < 1 ? up : 1) * (down < 1 ? down : 1);
    b1 *= 0.9, b2 *= 0.98;
    for (int i = 0; i < total; i++) {
      m[i] += 0.1f * (dw[i] - m[i]);
      s[i] += 0.02f * (dw[i] * dw[i] - s[i]);
      w[i] -= own * (m[i] / (1 - b1)) / (sqrtf(s[i] / (1 - b2)) + 1e-8f);
    }
  }
  return last;
}
